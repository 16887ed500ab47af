import { speaks } from "./language";

/** Words that values themselves are made of. */
const en = {
  yes: "yes",
  no: "no",
  now: "just now",
};

const zh: typeof en = {
  yes: "是",
  no: "否",
  now: "刚刚",
};

export const words = { en, zh };
export const format = speaks(words);

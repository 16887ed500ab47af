import { speaks } from "./language";

/** Why a question that somebody asked the server has no answer. */
const en = {
  noAnswer: "The server does not answer.",
  loading: "The server is still loading its layers.",
  refused: (status: number) => `The server answers with an error (${status}).`,
  odd: "Something went wrong.",
};

const zh: typeof en = {
  noAnswer: "服务器没有响应。",
  loading: "服务器仍在加载图层。",
  refused: (status: number) => `服务器返回错误（${status}）。`,
  odd: "出错了。",
};

export const words = { en, zh };
export const trouble = speaks(words);

import { count } from "./shell";
import { speaks } from "./language";

/** What the popup says. */
const en = {
  region: "Feature",
  none: "No fields to show.",
  gone: "This feature is no longer here.",
  fewer: "The server does not answer; these are the fields in the map's tile.",
  unseen: "Not shown on the map now: a filter or the layer's switch hides it.",
  close: "Close",
  nothing: "Nothing here.",
  previous: "Previous feature here",
  next: "Next feature here",
  position: (n: number, of: number) => `${count(n)} of ${count(of)}`,
  more: (n: number) => `and ${count(n)} more here. Zoom in to tell them apart.`,
  copy: "Copy link",
  copyTitle: "Copy a link to this feature",
};

const zh: typeof en = {
  region: "要素",
  none: "没有可显示的字段。",
  gone: "该要素已不存在。",
  fewer: "服务器没有响应，以下是地图瓦片中的字段。",
  unseen: "地图上暂不显示：被筛选条件或图层开关隐藏。",
  close: "关闭",
  nothing: "此处没有要素。",
  previous: "此处的上一个要素",
  next: "此处的下一个要素",
  position: (n: number, of: number) => `第 ${count(n)} 个，共 ${count(of)} 个`,
  more: (n: number) => `此处还有 ${count(n)} 个要素，放大后可分辨。`,
  copy: "复制链接",
  copyTitle: "复制指向该要素的链接",
};

export const words = { en, zh };
export const popup = speaks(words);

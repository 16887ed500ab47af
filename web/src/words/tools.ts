import { speaks } from "./language";
import { count } from "./shell";

/** What the tools say: table, share, picture, print. */
const en = {
  tools: "Tools",
  table: "Table of what is in view",
  time: "Choose a time (T)",
  share: "Share this view",
  picture: "Save the map as a picture",
  print: "Print the map",
  fill: "Fill the screen",
  leave: "Leave the full screen",
  copied: "The link is copied.",
  copyFailed: "Copy this link yourself: the browser does not let the page do it.",
  link: "Link",
  close: "Close",
  pictureSaved: (file: string) => `Saved as ${file}.`,
  pictureFailed: "The picture could not be made.",
  sources: "Data",
  more: (n: number) => `and ${count(n)} more`,
  shownAt: (when: string) => `as of ${when}`,
  located: "Your place is shown on the map.",
  notLocated: "Your place could not be found.",
  locationForbidden: "The browser does not tell the page where you are.",
};

const zh: typeof en = {
  tools: "工具",
  table: "视野内要素表",
  time: "选择时间（T）",
  share: "分享当前视图",
  picture: "将地图保存为图片",
  print: "打印地图",
  fill: "全屏显示",
  leave: "退出全屏",
  copied: "链接已复制。",
  copyFailed: "浏览器不允许页面复制，请自行复制此链接。",
  link: "链接",
  close: "关闭",
  pictureSaved: (file: string) => `已保存为 ${file}。`,
  pictureFailed: "无法生成图片。",
  sources: "数据",
  more: (n: number) => `另有 ${count(n)} 项`,
  shownAt: (when: string) => `截至 ${when}`,
  located: "已在地图上显示您的位置。",
  notLocated: "无法获取您的位置。",
  locationForbidden: "浏览器未允许本页获取您的位置。",
};

export const words = { en, zh };
export const tools = speaks(words);

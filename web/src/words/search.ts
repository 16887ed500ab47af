import { count } from "./shell";
import { speaks } from "./language";

/** What the search box says. */
const en = {
  label: "Search features, addresses, ids and coordinates",
  placeholder: "Search",
  title: "Search by name, address, id or coordinates (press / to come here)",
  results: "Results",
  clear: "Clear the search",
  goTo: (place: string) => `Go to ${place}`,
  coordinates: "Coordinates",
  found: (n: number) => (n === 1 ? "1 result. Down arrow to reach it." : `${count(n)} results. Down arrow to reach them.`),
  nothing: (q: string) => `Nothing found for “${q}”.`,
  cut: "There may be more: these are the first that were found.",
  tooMuch: "Search for fewer words, 16 at most.",
  unplaced: "no place",
  went: (name: string) => `The map shows ${name}.`,
  here: (name: string) => `${name} is shown.`,
};

const zh: typeof en = {
  label: "搜索要素、地址、编号或坐标",
  placeholder: "搜索",
  title: "按名称、地址、编号或坐标搜索（按 / 键到此）",
  results: "结果",
  clear: "清除搜索",
  goTo: (place: string) => `前往 ${place}`,
  coordinates: "坐标",
  found: (n: number) => `${count(n)} 个结果，按下方向键浏览。`,
  nothing: (q: string) => `没有找到“${q}”。`,
  cut: "可能还有更多结果，这里只列出最先找到的。",
  tooMuch: "请减少关键词，最多 16 个。",
  unplaced: "没有位置",
  went: (name: string) => `地图已定位到${name}。`,
  here: (name: string) => `已显示${name}。`,
};

export const words = { en, zh };
export const search = speaks(words);

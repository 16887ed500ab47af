import { dateTag, speaks, tag } from "./language";
import { timeZone } from "../zone";

/** A count as people read it: 22,582. */
export function count(n: number): string {
  return n.toLocaleString(tag());
}

/** A day as people read it, in the city's zone: 31 Aug 2016. */
export function dayText(date: Date): string {
  return date.toLocaleDateString(dateTag(), { year: "numeric", month: "short", day: "numeric", timeZone: timeZone() });
}

/** A time of day as people read it, in the city's zone: 10:42, with its day unless that is now's. */
export function clockText(date: Date, now: Date): string {
  const clock = date.toLocaleTimeString(dateTag(), { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: timeZone() });
  return dayText(date) === dayText(now) ? clock : `${dayText(date)} ${clock}`;
}

/** How long ago something was, milliseconds given, in the largest unit that fits. */
export function agoText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return shell().secondsAgo(seconds);
  if (seconds < 3600) return shell().minutesAgo(Math.floor(seconds / 60));
  return shell().hoursAgo(Math.floor(seconds / 3600));
}

const plural = (n: number, one: string, many: string) => `${count(n)} ${n === 1 ? one : many}`;

/** What the frame of the page says: panel, legend, filters, live line, banner. */
const en = {
  title: (style: string) => (style === "Hutong" ? "Hutong" : `${style} · Hutong`),
  skipToMap: "Skip to the map",
  skipToTable: "Skip to the table",
  panel: "Layers and filters",
  layers: "Layers",
  baseMap: "Base map",
  noLayers: "No layers yet.",
  features: (n: number) => plural(n, "feature", "features"),
  unlocated: (n: number) => `${count(n)} without a place`,
  details: (layer: string) => `Legend and filters of ${layer}`,
  shown: (layer: string) => `${layer}: shown`,
  hidden: (layer: string) => `${layer}: hidden`,

  legend: "Legend",
  others: "Other values",
  below: (to: string) => `below ${to}`,
  above: (from: string) => `${from} and more`,
  between: (from: string, to: string) => `${from} to ${to}`,
  age: "Age",
  ageNote: (day: string) => `Counted back from the newest, of ${day}.`,
  ageZoom: (zoom: number) => `Takes effect from zoom ${zoom} on.`,
  ages: { all: "All", "1h": "Last hour", "1d": "Last day", "7d": "7 days", "30d": "30 days", "365d": "Year" },
  reset: "Reset",
  resetAll: "Reset all filters",
  resetDone: "All filters are reset.",
  filtered: (layer: string, shown: number, of: number) => `${layer}: ${count(shown)} of ${plural(of, "value", "values")}`,
  unfiltered: (layer: string) => `${layer}: all values`,
  aged: (layer: string, age: string) => `${layer}: ${age}`,
  only: (value: string) => `Only ${value}`,
  onlyShort: "Only",

  updated: (ago: string) => `updated ${ago}`,
  dataTo: (day: string) => `data to ${day}`,
  secondsAgo: (n: number) => (n < 1 ? "just now" : `${n} s ago`),
  minutesAgo: (n: number) => `${n} min ago`,
  hoursAgo: (n: number) => `${n} h ago`,
  live: "Live",
  still: "Still",
  reconnecting: "Reconnecting…",
  dataFrom: (clock: string) => `Data from ${clock}`,
  stillNote: "Nothing has changed since the page was opened.",

  theme: { auto: "Light or dark as your system is", light: "Light", dark: "Dark" },
  themeButton: (now: string) => `Colours: ${now}. Change`,
  language: "English",
  otherLanguage: "中文",
  switchLanguage: "换成中文",
  foot: { layers: "Layers as JSON", style: "Style", licences: "Licences" },

  loading: "The server is still loading its layers.",
  noAnswer: "The server does not answer. Trying again.",
  refused: (status: number) => `The server answers with an error (${status}). Trying again.`,
  noGraphics: "This browser cannot draw the map: it needs WebGL 2. Search and table still work.",
  broken: (message: string) => `The map could not be shown: ${message}`,
};

const zh: typeof en = {
  title: (style: string) => (style === "Hutong" ? "胡同" : `${style} · 胡同`),
  skipToMap: "跳到地图",
  skipToTable: "跳到表格",
  panel: "图层与筛选",
  layers: "图层",
  baseMap: "底图",
  noLayers: "暂无图层。",
  features: (n: number) => `${count(n)} 个要素`,
  unlocated: (n: number) => `${count(n)} 个没有位置`,
  details: (layer: string) => `${layer}的图例与筛选`,
  shown: (layer: string) => `${layer}：已显示`,
  hidden: (layer: string) => `${layer}：已隐藏`,

  legend: "图例",
  others: "其他",
  below: (to: string) => `低于 ${to}`,
  above: (from: string) => `${from} 及以上`,
  between: (from: string, to: string) => `${from} 至 ${to}`,
  age: "时间",
  ageNote: (day: string) => `从最新一条（${day}）往前算。`,
  ageZoom: (zoom: number) => `放大到 ${zoom} 级起生效。`,
  ages: { all: "全部", "1h": "一小时内", "1d": "一天内", "7d": "七天内", "30d": "三十天内", "365d": "一年内" },
  reset: "重置",
  resetAll: "重置所有筛选",
  resetDone: "已重置所有筛选。",
  filtered: (layer: string, shown: number, of: number) => `${layer}：显示 ${count(of)} 项中的 ${count(shown)} 项`,
  unfiltered: (layer: string) => `${layer}：显示全部`,
  aged: (layer: string, age: string) => `${layer}：${age}`,
  only: (value: string) => `只看${value}`,
  onlyShort: "只看",

  updated: (ago: string) => `${ago}更新`,
  dataTo: (day: string) => `数据截至 ${day}`,
  secondsAgo: (n: number) => (n < 1 ? "刚刚" : `${n} 秒前`),
  minutesAgo: (n: number) => `${n} 分钟前`,
  hoursAgo: (n: number) => `${n} 小时前`,
  live: "实时",
  still: "静态",
  reconnecting: "正在重新连接…",
  dataFrom: (clock: string) => `数据截至 ${clock}`,
  stillNote: "打开页面以来没有变化。",

  theme: { auto: "明暗跟随系统", light: "浅色", dark: "深色" },
  themeButton: (now: string) => `配色：${now}。切换`,
  language: "中文",
  otherLanguage: "English",
  switchLanguage: "Switch to English",
  foot: { layers: "图层 JSON", style: "样式", licences: "许可证" },

  loading: "服务器仍在加载图层。",
  noAnswer: "服务器没有响应，正在重试。",
  refused: (status: number) => `服务器返回错误（${status}），正在重试。`,
  noGraphics: "此浏览器无法绘制地图：需要 WebGL 2。搜索和表格仍可使用。",
  broken: (message: string) => `无法显示地图：${message}`,
};

export const words = { en, zh };
export const shell = speaks(words);

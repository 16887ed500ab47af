import { count } from "./shell";
import { speaks } from "./language";

/** What the page says of views of counts. */
const en = {
  period: "Period",
  set: "Counted",
  earlier: "Earlier period",
  later: "Later period",
  latest: (period: string) => `Latest: ${period}`,
  days: "Days",
  weeks: "Weeks",
  week: (n: number, days: string) => `${days} (week ${n})`,
  allTime: "All time",
  none: "No period has been counted yet.",
  legend: { day: "Number in each area, one day", week: "Number in each area, one week", all: "Number in each area" },
  least: (k: number) => `Areas with fewer than ${count(k)} are withheld, and some others from which their numbers would follow.`,
  withheld: (k: number) => `Fewer than ${count(k)}, none, or withheld`,
  shown: (layer: string, table: string) => `${layer}: ${table}`,
  ownPeriods: (layers: string) => `By the period chosen in the list: ${layers}`,
  areas: (n: number) => `${count(n)} ${n === 1 ? "area" : "areas"}`,
};

const zh: typeof en = {
  period: "时段",
  set: "统计对象",
  earlier: "上一时段",
  later: "下一时段",
  latest: (period: string) => `最新：${period}`,
  days: "按日",
  weeks: "按周",
  week: (n: number, days: string) => `${days}（第${n}周）`,
  allTime: "全部时间",
  none: "尚未统计任何时段。",
  legend: { day: "各区域单日数量", week: "各区域单周数量", all: "各区域数量" },
  least: (k: number) => `少于 ${count(k)} 的区域不公布，可由此推算出它们的部分区域也不公布。`,
  withheld: (k: number) => `少于 ${count(k)}、没有或不公布`,
  shown: (layer: string, table: string) => `${layer}：${table}`,
  ownPeriods: (layers: string) => `按图层列表中所选时段：${layers}`,
  areas: (n: number) => `${count(n)} 个区域`,
};

export const words = { en, zh };
export const tables = speaks(words);

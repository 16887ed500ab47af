import { count } from "./shell";
import { speaks } from "./language";

/** What the page says of cells: how many things are in one, and how hot or cold it is. */
const en = {
  here: (n: number) => `${count(n)} here`,
  number: "Number",
  legend: "Number in each area",
  clusterLegend: "Number together",
  bins: "Hot and cold spots",
  filtersFrom: (zoom: number) => `At this zoom the map counts everything by area. Filters take effect from zoom ${zoom} on.`,
  newest: "Newest",
  other: "Other",
  mean: (n: string) => `mean ${n}`,
  range: (from: string, to: string) => `${from} to ${to}`,
  sum: (n: string) => `sum ${n}`,
  z: "z score",
  p: "p value",
  under: (n: string) => `below ${n}`,
  significant: "Significant among all areas",
  neighbours: "Neighbours counted",
  rate: "Rate",
  moran: "Local Moran’s I",
  quadrant: "Among the areas around",
  quadrants: { HH: "High among high", LL: "Low among low", HL: "High among low", LH: "Low among high" },
  pattern: "Over time",
  patterns: {
    none: "No pattern",
    "new hot": "New hot spot", "consecutive hot": "Consecutive hot spot", "intensifying hot": "Intensifying hot spot",
    "persistent hot": "Persistent hot spot", "diminishing hot": "Diminishing hot spot", "sporadic hot": "Sporadic hot spot",
    "oscillating hot": "Oscillating hot spot", "historical hot": "Historical hot spot",
    "new cold": "New cold spot", "consecutive cold": "Consecutive cold spot", "intensifying cold": "Intensifying cold spot",
    "persistent cold": "Persistent cold spot", "diminishing cold": "Diminishing cold spot", "sporadic cold": "Sporadic cold spot",
    "oscillating cold": "Oscillating cold spot", "historical cold": "Historical cold spot",
  },
};

const zh: typeof en = {
  here: (n: number) => `此处 ${count(n)} 个`,
  number: "数量",
  legend: "各区域数量",
  clusterLegend: "聚合数量",
  bins: "热点与冷点",
  filtersFrom: (zoom: number) => `此级别下按区域统计全部要素，放大到 ${zoom} 级起筛选生效。`,
  newest: "最新",
  other: "其他",
  mean: (n: string) => `平均 ${n}`,
  range: (from: string, to: string) => `${from} 至 ${to}`,
  sum: (n: string) => `合计 ${n}`,
  z: "z 值",
  p: "p 值",
  under: (n: string) => `低于 ${n}`,
  significant: "在所有区域中显著",
  neighbours: "计入的相邻区域",
  rate: "比率",
  moran: "局部莫兰指数",
  quadrant: "与周边区域相比",
  quadrants: { HH: "高值被高值包围", LL: "低值被低值包围", HL: "高值被低值包围", LH: "低值被高值包围" },
  pattern: "时间变化",
  patterns: {
    none: "无明显模式",
    "new hot": "新增热点", "consecutive hot": "连续热点", "intensifying hot": "增强热点",
    "persistent hot": "持续热点", "diminishing hot": "减弱热点", "sporadic hot": "零星热点",
    "oscillating hot": "振荡热点", "historical hot": "历史热点",
    "new cold": "新增冷点", "consecutive cold": "连续冷点", "intensifying cold": "增强冷点",
    "persistent cold": "持续冷点", "diminishing cold": "减弱冷点", "sporadic cold": "零星冷点",
    "oscillating cold": "振荡冷点", "historical cold": "历史冷点",
  },
};

export const words = { en, zh };
export const cells = speaks(words);

import { count } from "./shell";
import { speaks } from "./language";

const features = (n: number) => `${count(n)} ${n === 1 ? "feature" : "features"}`;

/** What the table says. */
const en = {
  table: "Table of the features in view",
  layer: "Layer",
  area: "Area",
  whole: "Whole layer",
  wholeTitle: "Look at the whole extent of the layer",
  pan: { north: "North", west: "West", east: "East", south: "South" },
  closer: "Closer",
  wider: "Wider",
  download: "Download CSV",
  downloadTitle: "Download the rows shown as a CSV file",
  close: "Close the table",
  feature: "Feature",
  all: (n: number, layer: string) => `${layer}: ${features(n)} in view`,
  first: (n: number, layer: string) => `${layer}: the first ${features(n)} of those in view. Zoom in or filter to see the rest.`,
  some: (n: number, of: number, layer: string) => `${layer}: ${features(n)} match the filters among the first ${count(of)} in view. There may be more.`,
  sorted: (column: string, up: boolean) => `Sorted by ${column}, ${up ? "ascending" : "descending"}.`,
  unsorted: "Sorted as the server gave them.",
  sortHint: (column: string) => `Sort by ${column}`,
  empty: (layer: string) => `No features of ${layer} are in view.`,
  emptyFiltered: (layer: string) => `No features of ${layer} in view match the filters.`,
  noLayers: "There are no layers to list.",
  loading: "Loading the rows…",
  saved: (file: string, n: number) => `${features(n)} saved as ${file}.`,
  id: "ID",
  lon: "Longitude",
  lat: "Latitude",
  showOnMap: (name: string) => `Show ${name} on the map`,
  show: (name: string) => `Show all fields of ${name}`,
};

const zh: typeof en = {
  table: "视野内要素表",
  layer: "图层",
  area: "范围",
  whole: "整个图层",
  wholeTitle: "查看图层的整个范围",
  pan: { north: "向北", west: "向西", east: "向东", south: "向南" },
  closer: "放大",
  wider: "缩小",
  download: "下载 CSV",
  downloadTitle: "将所列各行下载为 CSV 文件",
  close: "关闭表格",
  feature: "要素",
  all: (n: number, layer: string) => `${layer}：视野内 ${count(n)} 个要素`,
  first: (n: number, layer: string) => `${layer}：视野内前 ${count(n)} 个要素。放大或筛选可查看其余要素。`,
  some: (n: number, of: number, layer: string) => `${layer}：视野内前 ${count(of)} 个要素中有 ${count(n)} 个符合筛选条件，可能还有更多。`,
  sorted: (column: string, up: boolean) => `已按${column}${up ? "升序" : "降序"}排列。`,
  unsorted: "已恢复服务器给出的顺序。",
  sortHint: (column: string) => `按${column}排序`,
  empty: (layer: string) => `视野内没有${layer}要素。`,
  emptyFiltered: (layer: string) => `视野内没有符合筛选条件的${layer}要素。`,
  noLayers: "没有可列出的图层。",
  loading: "正在加载……",
  saved: (file: string, n: number) => `已将 ${count(n)} 个要素保存为 ${file}。`,
  id: "编号",
  lon: "经度",
  lat: "纬度",
  showOnMap: (name: string) => `在地图上显示${name}`,
  show: (name: string) => `显示${name}的所有字段`,
};

export const words = { en, zh };
export const table = speaks(words);

import { speaks } from "./language";
import { count } from "./shell";

/** What the band says that chooses a time. */
const en = {
  time: "Time",
  from: "From",
  to: "Until",
  window: "Window of time",
  beginning: (when: string) => `the beginning, ${when}`,
  end: (when: string) => `the end, ${when}`,
  all: "All time",
  allTimes: "shows all times",
  showAll: "Show all times",
  allShown: "All times are shown.",
  play: "Play",
  pause: "Pause",
  playing: "Playing.",
  paused: (window: string) => `Paused at ${window}.`,
  wider: (when: string) => `Show all times, to ${when}`,
  speed: "Speed",
  speeds: { slow: "Slow", normal: "Normal", fast: "Fast" },
  close: "Close the time band",
  features: (n: number, most: string) => `Features in view by time: ${count(n)}. The most are around ${most}.`,
  none: "No features with a time are in view.",
  counting: "The features in view are being counted by time.",
  uncounted: (why: string) => `The features could not be counted by time. ${why}`,
  untimed: "No feature has a time yet.",
  whole: (layers: string) => `At all times: ${layers}`,
};

const zh: typeof en = {
  time: "时间",
  from: "起始",
  to: "截止",
  window: "时间窗口",
  beginning: (when: string) => `最早，${when}`,
  end: (when: string) => `最晚，${when}`,
  all: "全部时间",
  allTimes: "显示全部时间",
  showAll: "显示全部时间",
  allShown: "已显示全部时间。",
  play: "播放",
  pause: "暂停",
  playing: "正在播放。",
  paused: (window: string) => `已暂停，${window}。`,
  wider: (when: string) => `显示全部范围，直至${when}`,
  speed: "速度",
  speeds: { slow: "慢", normal: "正常", fast: "快" },
  close: "关闭时间条",
  features: (n: number, most: string) => `视野内要素按时间分布，共 ${count(n)} 个，最多的在${most}前后。`,
  none: "视野内没有带时间的要素。",
  counting: "正在按时间统计视野内要素……",
  uncounted: (why: string) => `无法按时间统计要素。${why}`,
  untimed: "尚无带时间的要素。",
  whole: (layers: string) => `不受时间限制：${layers}`,
};

export const words = { en, zh };
export const time = speaks(words);

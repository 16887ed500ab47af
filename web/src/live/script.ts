// The server's /live.js: what a page beside ours needs of all this.

import type { LiveMap } from "./follower";
import { hutongLive as follow, type Live, type Options } from "./live";

export type { Live, LiveMap, Options };
export type { LiveState } from "./live";

/** As {@link follow}, by default of the server that this script comes from. */
export function hutongLive(map: LiveMap, options: Options = {}): Live {
  return follow(map, { ...options, url: options.url ?? new URL("./", import.meta.url).href });
}

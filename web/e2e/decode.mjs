// Reads a vector tile from standard input with @mapbox/vector-tile and writes its features as one line of
// JSON: for each the layer, id, type, properties and geometry in tile units, rings grouped into polygons
// by their winding, as a renderer does.
//
//   node decode.mjs <tile.mvt

import { classifyRings, VectorTile } from "@mapbox/vector-tile";
import { PbfReader } from "pbf";

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const { layers } = new VectorTile(new PbfReader(Buffer.concat(chunks)));
const features = [];
for (const [name, layer] of Object.entries(layers)) {
  for (let i = 0; i < layer.length; i++) {
    const f = layer.feature(i);
    const points = f.loadGeometry().map((part) => part.map(({ x, y }) => [x, y]));
    const geometry = f.type === 3 ? classifyRings(f.loadGeometry()).map((p) => p.map((r) => r.map(({ x, y }) => [x, y]))) : points;
    features.push({ layer: name, extent: layer.extent, id: f.id ?? null, type: f.type, properties: f.properties, geometry });
  }
}
process.stdout.write(JSON.stringify(features));

// Prints what DuckDB says to a query about a Parquet file, a JSON array a row: duckdb.mjs FILE QUERY.
// Doubles come as the hexadecimal of their bits, integers as texts.
import { DuckDBInstance } from "@duckdb/node-api";

const [file, query] = process.argv.slice(2);
const connection = await (await DuckDBInstance.create(":memory:")).connect();
await connection.run(`CREATE VIEW file AS SELECT * FROM read_parquet('${file.replaceAll("'", "''")}')`);

function plain(v) {
  if (typeof v === "bigint") return v.toString();
  if (typeof v !== "number") return v;
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, v);
  return bits.getBigUint64(0).toString(16);
}

for (const row of (await connection.runAndReadAll(query)).getRows()) console.log(JSON.stringify(row.map(plain)));

// Package bars measures what Hutong promises: tile speed, memory a feature, loading, updates,
// moves, budgets, cached tiles under load, the counts of a real city's complaints, how soon the page shows
// features, and how changes are pushed in, and out to tiles and streams. `make bars` runs the test TestBars
// with -bars and prints one row a bar: what was measured, the bar, and met or MISSED.
//
// What is compiled here is the seeded [City] that all bars but the page's run on, the [Report] that they are
// printed in, and the reading of a process's resident memory. Everything that the store and the
// tile builder are compared with (an R-tree of orb features, orb/encoding/mvt, encoding/json with
// orb/geojson) stands in tests of this package, so that no binary links it.
//
// A ratio is taken within one run on one machine, both sides interleaved round by round, and is the
// median of the rounds; absolute figures are printed with the machine they came from. A missed bar
// fails nothing unless -bars.strict is set, since a busy machine is not a bug; two paths that
// disagree on a feature or on a byte always fail.
package bars

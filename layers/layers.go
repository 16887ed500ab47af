// Package layers is Hutong's vocabulary and its live state: a [Layer] holds features under a
// [Schema], takes a [Batch] of changes, and publishes an immutable [Snapshot] after each.
//
// # How a layer is kept
//
// Features live in blocks of a few hundred, as columns. The located features and those without a
// place are two classes; within a class, blocks are the leaves of one ordered sequence: each owns a
// disjoint half-open range of keys (Hilbert key of the place, number of the id, id text) and keeps
// its rows in that order. Neighbours on the map so stay neighbours in memory under any stream of
// updates, and a reader that takes blocks by their first keys sees rows in one canonical order that
// does not depend on where blocks were cut (S5).
//
//	Snapshot ─┬─ table     block number → *Block          copied by chunk
//	          ├─ sequence  lower keys → block number      copied on split and merge
//	          ├─ tree      R-tree of block boxes          copied by node when a box changes
//	          ├─ index     id number → class, place       copied by bucket
//	          └─ Block     columns, positions, ids        copied by column
//
// # Who may do what
//
// A Layer serialises its writers (S1). A Snapshot and all that it reaches never change (S2): any
// number of goroutines may read it, for as long as they like, without waiting for anyone.
package layers

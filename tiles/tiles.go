// Package tiles turns what a view shows of a layer into vector tiles: a [Builder] appends the bytes
// of one tile from the columns of a few dozen blocks, without an intermediate feature.
//
// # How a tile is built
//
//  1. candidates: the blocks that meet the tile's window, in canonical order, and in each the rows
//     that lie in it;
//  2. thinning: of more rows than the layer's limit the lowest by [layers.Rank] stay;
//  3. columns: one pass per field finds each row's [mvt.Tag], in the order in which the fields'
//     values are first used, until the next field would break the budget;
//  4. encoding: one pass over the rows appends the features, then keys and values follow.
//
// Bytes depend on the visible features, the schema, the options and the address, and on nothing else
// (S5): not on where blocks were cut, nor on whether a string field is kept as codes or as texts.
//
// # Budgets
//
// No tile is longer than [Options.Budget]. Fields that are not kept leave it first, by priority.
// Features leave when a tile has more than [Builder.Limit], which is fixed for a layer by its schema
// and options, never by its data or the zoom. Both the limit and what happens to data beyond what the
// schema declares are monotone: what holds for a set of features holds for every subset. Since the
// window of a tile lies in its parent's, a tile shows every feature that its parent shows there.
//
// A Builder may be used from any goroutine.
package tiles

import "errors"

// Rules is the version of the rules by which features become bytes: it rises whenever the same visible features,
// schema, options and address give other bytes than before, as goldens then show. A snapshot that is pinned says by
// which rules its tiles are drawn.
const Rules = 1

// What a tile can be refused for.
var (
	// ErrZoom means that the layer has no tiles at the tile's zoom.
	ErrZoom = errors.New("tiles: the layer has no tiles at this zoom")
	// ErrTile means that the address is not in the grid.
	ErrTile = errors.New("tiles: no such tile")
	// ErrSchema means that a view does not have the schema that its builder was made for.
	ErrSchema = errors.New("tiles: the view has another schema")
)

// Stats tells what went into a tile and what had to stay out.
type Stats struct {
	// Features is the number of features in the tile.
	Features int
	// Candidates is the number of features whose boxes meet the tile's window: the tile with its buffer.
	Candidates int
	// Outside is how many lines and polygons of these do not themselves reach into the window, or are
	// lines without length in tile units. Tiny is how many polygons the policy for tiny ones left out.
	Outside, Tiny int
	// DroppedFeatures is Candidates − Outside − Tiny − Features, what thinning left out.
	DroppedFeatures int
	// Simplified is how many times vertices had to leave all lines and polygons of the tile to meet
	// the budget.
	Simplified int
	// Coarse is how many polygons have edges that meet so often that only an outline was drawn.
	Coarse int
	// Overrun is set when the tile is over its budget all the same, which only a coverage's may be.
	Overrun bool
	// DroppedFields names the fields that the zoom would show and the budget left out, in tile order.
	// The slice is shared: read only.
	DroppedFields []string
	// Bytes is the length of the tile.
	Bytes int
}

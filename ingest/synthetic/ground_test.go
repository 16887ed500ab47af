package synthetic

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/paulmach/orb"

	"hutong/layers"
)

// back returns the border that a ring was made of.
func back(ring []orb.Point) path {
	out := make(path, len(ring))
	for i, p := range ring {
		out[i] = place{int64(math.Round(p[0] * degree)), int64(math.Round(p[1] * degree))}
	}
	return out
}

// meets returns a place at which two edges of closed rings meet that are not neighbours, if there is
// one.
func meets(rings []path) (place, bool) {
	type side struct {
		edge
		ring, i int
	}
	var sides []side
	for k, ring := range rings {
		for i, a := range ring {
			sides = append(sides, side{edge{a, ring[(i+1)%len(ring)]}, k, i})
		}
	}
	slices.SortFunc(sides, func(s, t side) int { return cmp.Compare(min(s.a.x, s.b.x), min(t.a.x, t.b.x)) })
	for i, s := range sides {
		east := max(s.a.x, s.b.x)
		for _, t := range sides[i+1:] {
			if min(t.a.x, t.b.x) > east {
				break
			}
			n := len(rings[s.ring])
			switch {
			case s.ring == t.ring && ((s.i+1)%n == t.i || (t.i+1)%n == s.i):
				shared, p, q := s.b, s.a, t.b
				if (t.i+1)%n == s.i {
					shared, p, q = t.b, t.a, s.b
				}
				dx, dy := p.offset(shared)
				ex, ey := shared.offset(q)
				if turn(p, shared, q) == 0 && dx*ex+dy*ey < 0 {
					return shared, true
				}
			case s.crosses(t.edge):
				return s.a, true
			}
		}
	}
	return place{}, false
}

// TestPolygonsAreValid checks that rings are closed, do not meet themselves or each other, and turn as
// GeoJSON wants.
func TestPolygonsAreValid(t *testing.T) {
	t.Parallel()
	for seed, city := range map[uint64]*City{42: sample(), 77: New(Options{Complaints: 1, Seed: 77})} {
		each(t, city, func(schema *layers.Schema, change *layers.Change) {
			polygon, ok := change.Feature.Geometry.(orb.Polygon)
			if !ok {
				return
			}
			var rings []path
			for i, ring := range polygon {
				if len(ring) < 4 || ring[0] != ring[len(ring)-1] {
					t.Fatalf("seed %d: %s %s: ring %d of %d positions is not closed", seed, schema.Name, change.Feature.ID, i, len(ring))
				}
				border := back(ring[:len(ring)-1])
				for k, p := range border {
					if p == border[(k+1)%len(border)] {
						t.Errorf("seed %d: %s %s has %v twice", seed, schema.Name, change.Feature.ID, p)
					}
				}
				if (border.area() > 0) != (i == 0) {
					t.Errorf("seed %d: ring %d of %s %s turns the wrong way", seed, i, schema.Name, change.Feature.ID)
				}
				if i > 0 && !rings[0].contains(border[0]) {
					t.Errorf("seed %d: hole %d of %s %s lies outside", seed, i, schema.Name, change.Feature.ID)
				}
				rings = append(rings, border)
			}
			if p, bad := meets(rings); bad {
				t.Errorf("seed %d: %s %s meets itself at %v", seed, schema.Name, change.Feature.ID, p.point())
			}
		})
	}
}

// TestLinesAreLines checks that lines have length and no place twice in a row.
func TestLinesAreLines(t *testing.T) {
	t.Parallel()
	each(t, sample(), func(schema *layers.Schema, change *layers.Change) {
		line, ok := change.Feature.Geometry.(orb.LineString)
		if !ok {
			return
		}
		if len(line) < 2 {
			t.Errorf("%s %s has %d positions", schema.Name, change.Feature.ID, len(line))
		}
		for i := 1; i < len(line); i++ {
			if line[i] == line[i-1] {
				t.Errorf("%s %s has %v twice", schema.Name, change.Feature.ID, line[i])
			}
		}
	}, "water", "roads", "lanes", "rails")
}

// TestGroundIsNamed checks that what has a name has it in both languages, and that roads, districts and
// places have one.
func TestGroundIsNamed(t *testing.T) {
	t.Parallel()
	latin := func(c rune) bool { return unicode.Is(unicode.Latin, c) }
	each(t, sample(), func(schema *layers.Schema, change *layers.Change) {
		f := &change.Feature
		if schema.Fields[groundName].Name != "name" {
			return // no layer of the ground
		}
		must := slices.Contains([]layers.Name{"roads", "lanes", "rails", "districts", "places", "land"}, schema.Name)
		en, zh := f.Values[groundName], f.Values[groundNameZH]
		if en.IsNull() != zh.IsNull() || must && en.IsNull() {
			t.Errorf("%s %s is named %v and %v", schema.Name, f.ID, en, zh)
		}
		if !zh.IsNull() && (zh.Text() == "" || strings.ContainsFunc(zh.Text(), latin)) {
			t.Errorf("%s %s is named %q in Chinese", schema.Name, f.ID, zh.Text())
		}
		if f.Values[groundClass].IsNull() {
			t.Errorf("%s %s has no class", schema.Name, f.ID)
		}
	})
}

// TestComplaintsStayDry checks that nothing is reported from water or a park, that the district is the
// one that the map shows, and that doors stand beside a drawn road.
func TestComplaintsStayDry(t *testing.T) {
	t.Parallel()
	city := sample()
	n := city.streets
	closed := newGround()
	closed.add(0, nature().water)
	closed.add(0, nature().parks)
	closed.add(0, nature().compounds)
	closed.add(0, n.woods)
	var greens []area
	n.eachLot(true, func(l *lot) bool {
		greens = append(greens, newArea(l.name, l.class, l.border))
		return true
	})
	closed.add(0, greens)
	drawn := newGround()
	for _, r := range slices.Concat(n.roads, n.lanes) {
		drawn.road(r.line, 1)
	}
	each(t, city, func(schema *layers.Schema, change *layers.Change) {
		f := &change.Feature
		p := back([]orb.Point{f.Geometry.(orb.Point)})[0]
		if a := closed.areaAt(p); a != nil {
			t.Errorf("%s %s lies in %s %q, %v", schema.Name, f.ID, a.class, a.name.en, f.Geometry)
		}
		away := int64(math.MaxInt64)
		for _, i := range drawn.near(box{p, p}, nil) {
			away = min(away, drawn.obstacles[i].squared(p))
		}
		if away > 36*36*metre*metre {
			t.Errorf("%s %s is not beside a road: %v", schema.Name, f.ID, f.Geometry)
		}
		if d, want := f.Values[schema.FieldIndex("district")].Text(), borders().find(p); d != districts[want] {
			t.Errorf("%s %s is in %s, want %s", schema.Name, f.ID, d, districts[want])
		}
	}, "complaints", "vendors", "sensors")
}

// TestStreetsAreDrawn checks that every street with houses lies on a drawn road.
func TestStreetsAreDrawn(t *testing.T) {
	t.Parallel()
	n := sample().streets
	drawn := newGround()
	for _, r := range slices.Concat(n.roads, n.lanes) {
		drawn.road(r.line, 1)
	}
	for i := range n.streets {
		s := &n.streets[i]
		for k := range int64(9) {
			p := s.line.at(s.length * k / 8)
			found := false
			for _, e := range drawn.near(box{p, p}, nil) {
				found = found || drawn.obstacles[e].squared(p) < metre*metre
			}
			if !found {
				t.Fatalf("%s runs through %v, where no road is drawn", s.name, p.point())
			}
		}
	}
}

// TestParcelsStayOffTheStreets checks that no parcel lies on a street, in water or in a park.
func TestParcelsStayOffTheStreets(t *testing.T) {
	t.Parallel()
	n := sample().streets
	on, all := 0, 0
	n.eachLot(false, func(l *lot) bool {
		all++
		middle := l.border.middle()
		if a := n.ground.areaAt(middle); a != nil {
			t.Errorf("a %s parcel lies in %s %q, %v", l.class, a.class, a.name.en, middle.point())
		}
		for _, i := range n.ground.near(l.border.box(), nil) {
			if o := &n.ground.obstacles[i]; !o.shore && o.near(l.border, metre) {
				on++
				break
			}
		}
		return true
	})
	if all < 40_000 || all > 120_000 || on > 0 {
		t.Errorf("got %d of %d parcels on large roads, want none of some ten thousand", on, all)
	}
}

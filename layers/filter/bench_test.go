package filter

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"

	"github.com/paulmach/orb"

	"hutong/layers"
	"hutong/layers/column"
)

const benchRows = 1_000_000

// benchLayer has a million points around a city, of 100 categories: in the first half of the fields the
// time and the category have nothing to do with the place, in the second each quarter of the city has its
// own, as zone maps like it.
var benchLayer = sync.OnceValue(func() *layers.Layer {
	schema := &layers.Schema{Name: "bench", Fields: []layers.Field{
		{Name: "category", Kind: column.String},
		{Name: "reported", Kind: column.Time},
		{Name: "title", Kind: column.String},
		{Name: "ward", Kind: column.String},
		{Name: "built", Kind: column.Time},
	}}
	l, err := layers.New(schema, layers.Options{})
	if err != nil {
		panic(err)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	batch := layers.Batch{Layer: "bench"}
	for i := range benchRows {
		x, y := rng.IntN(1000), rng.IntN(1000)
		place := x/100*10 + y/100
		batch.Changes = append(batch.Changes, layers.Change{Feature: layers.Feature{
			ID:       layers.FeatureID(strconv.Itoa(i)),
			Geometry: orb.Point{-77 + float64(x)*1e-4, 38.9 + float64(y)*1e-4},
			Values: []column.Value{
				column.StringOf(fmt.Sprint("category ", rng.IntN(100))),
				column.MicrosOf(rng.Int64N(benchRows)),
				column.StringOf(fmt.Sprint("Report number ", rng.IntN(benchRows), " of this kind")),
				column.StringOf(fmt.Sprint("ward ", place)),
				column.MicrosOf(int64(place)*benchRows/100 + rng.Int64N(benchRows/100)),
			},
		}})
	}
	if _, err := l.Apply(batch); err != nil {
		panic(err)
	}
	return l
})

// BenchmarkPredicate filters a million rows, with and without asking zone maps first.
func BenchmarkPredicate(b *testing.B) {
	l := benchLayer()
	var blocks []*layers.Block
	for block := range l.Snapshot().All() {
		blocks = append(blocks, block)
	}
	for _, c := range []struct{ name, filter string }{
		{"time", "reported BETWEEN TIMESTAMP('1970-01-01T00:00:00.5Z') AND TIMESTAMP('1970-01-01T00:00:00.509999Z')"},
		{"code", "category = 'category 42'"},
		{"time by place", "built BETWEEN TIMESTAMP('1970-01-01T00:00:00.5Z') AND TIMESTAMP('1970-01-01T00:00:00.509999Z')"},
		{"code by place", "ward = 'ward 42'"},
		{"in", "category IN ('category 1', 'category 2', 'category 3', 'category 4', 'category 5')"},
		{"like code", "CASEI(category) LIKE '%42'"},
		{"like text", "title LIKE '%number 12345%'"},
		{"casei like text", "CASEI(title) LIKE '%number 12345%'"},
		{"arithmetic", "DATE('1970-01-01') = built"},
		{"box", "S_INTERSECTS(geometry, BBOX(-77, 38.9, -76.99, 38.91))"},
		{"polygon", "S_INTERSECTS(geometry, POLYGON((-77 38.9, -76.985 38.9, -77 38.915, -77 38.9)))"},
		{"id", "id = '4242'"},
	} {
		schema := *l.Schema()
		schema.IDField = "id"
		e, err := Parse(Text, c.filter, &schema)
		if err != nil {
			b.Fatal(err)
		}
		p := Compile(e)
		for _, zones := range []bool{true, false} {
			b.Run(fmt.Sprintf("%s/zones=%v", c.name, zones), func(b *testing.B) {
				b.ReportAllocs()
				rows := column.NewBits(1024)
				found := 0
				for b.Loop() {
					found = 0
					for _, block := range blocks {
						if zones && p.Skips(block) {
							continue
						}
						some := rows[:(block.Len()+63)/64]
						for w := range some {
							some[w] = ^uint64(0)
						}
						if rest := block.Len() % 64; rest > 0 {
							some[len(some)-1] = 1<<rest - 1
						}
						p.Filter(block, some)
						found += some.Count()
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
				b.ReportMetric(float64(found), "rows")
			})
		}
	}
}

// BenchmarkParse reads a filter as a map sends it.
func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		e, err := Parse(Text, "votes > 3 AND CASEI(category) LIKE CASEI('pot%') AND S_INTERSECTS(geometry, BBOX(-77, 38.9, -76.99, 38.91)) AND reported >= DATE('2024-05-01')", testSchema())
		if err != nil {
			b.Fatal(err)
		}
		Compile(e)
	}
}

package bars

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"hutong/layers"
	"hutong/layers/column"
)

// Bars on memory.
const (
	bytesAFeature   = 170 // resident, after a bulk load
	titlesGrowTimes = 1.3 // of that, after every title changed ten times
)

const seedTitles = 1

// barMemory measures what a feature takes in RAM after a load, and after many new titles.
func barMemory(t *testing.T, s size, r *Report) {
	idle := startChild(t, "idle")["rss"]
	got := startChild(t, "memory")
	n := float64(s.features)
	loaded, renewed := (got["loaded"]-idle)/n, (got["renewed"]-idle)/n
	r.AtMost(fmt.Sprintf("memory: resident bytes a feature, %d loaded", s.features), loaded, bytesAFeature, "%.0f")
	r.Add("memory:   of it counted by the store", "%s", itemised(got, "loaded", n))
	r.Add("memory:   of the process", "%s", rounded(got, "loaded", n))
	r.AtMost(fmt.Sprintf("memory: after %d new titles, times that", s.changes), renewed/loaded, titlesGrowTimes, "%.2f×")
	r.Add("memory:   of it counted by the store", "%s", itemised(got, "renewed", n))
	r.Add("memory:   of the process", "%s", rounded(got, "renewed", n))
	if s.full() {
		r.Add("memory: new titles a second", "%.0f", got["titles a second"])
	}
}

// memoryParts names the parts of a layer's memory in the order in which they are printed.
func memoryParts(m layers.Memory) (names []string, bytes []int) {
	names = []string{"places", "ids", "id index", "headers", "dictionaries"}
	bytes = []int{m.Places, m.IDs, m.Index, m.Headers, m.Dictionaries}
	for field, b := range m.Fields {
		names = append(names, fieldNames[field])
		bytes = append(bytes, b)
	}
	return names, bytes
}

func itemised(got figures, prefix string, n float64) string {
	names, _ := memoryParts(layers.Memory{Fields: make([]int, fields)})
	var parts []string
	for _, name := range names {
		parts = append(parts, fmt.Sprintf("%s %.1f", name, got[prefix+" "+name]/n))
	}
	return fmt.Sprintf("%.1f: %s", got[prefix+" total"]/n, strings.Join(parts, ", "))
}

// rounded says what lies between what the store counts and what is resident.
func rounded(got figures, prefix string, n float64) string {
	live, pages := got[prefix+" live"], got[prefix+" pages"]
	return fmt.Sprintf("%.1f live on the heap, %.1f free in its pages, %.1f the runtime's tables",
		live/n, (pages-live)/n, got[prefix+" tables"]/n)
}

// addMemory notes what the store counts of itself, and what the runtime has for it: live objects
// rounded up to their size classes, the free room in their pages, and its own tables.
func addMemory(out figures, prefix string, layer *layers.Layer) {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	out[prefix+" live"] = float64(stats.HeapAlloc)
	out[prefix+" pages"] = float64(stats.HeapInuse)
	out[prefix+" tables"] = float64(stats.GCSys + stats.MSpanInuse + stats.MCacheInuse + stats.OtherSys)
	m := layer.Snapshot().Memory()
	names, bytes := memoryParts(m)
	for i, name := range names {
		out[prefix+" "+name] = float64(bytes[i])
	}
	out[prefix+" total"] = float64(m.Total())
}

// childMemory loads the city, then gives random features new titles.
func childMemory(s size, out figures) error {
	city := NewCity(citySeed)
	layer, err := loadCity(city, s.features, nil)
	if err != nil {
		return err
	}
	if out["loaded"], err = settledRSS(); err != nil {
		return err
	}
	addMemory(out, "loaded", layer)
	took := timed(func() {
		err = applyRandom(layer, city, s.features, s.changes, seedTitles, func(k, i int, f *layers.Feature) {
			f.Values[FieldTitle] = column.StringOf(city.Title(i, k+1))
		})
	})
	if err != nil {
		return err
	}
	out["titles a second"] = float64(s.changes) / took.Seconds()
	if out["renewed"], err = settledRSS(); err != nil {
		return err
	}
	addMemory(out, "renewed", layer)
	return checkTitles(layer, city, s)
}

// checkTitles compares the titles of the last features drawn with what they were given last.
func checkTitles(layer *layers.Layer, city *City, s size) error {
	r := rand.New(rand.NewPCG(citySeed, seedTitles))
	given := map[int]int{}
	for k := range s.changes {
		if i := r.IntN(s.features); k >= s.changes-batchSize {
			given[i] = k + 1
		}
	}
	for i, revision := range given {
		row, ok := layer.Snapshot().Find(ID(i))
		if !ok {
			return fmt.Errorf("feature %s is gone", ID(i))
		}
		if got, want := row.Feature().Values[FieldTitle].Text(), city.Title(i, revision); got != want {
			return fmt.Errorf("feature %s has title %q, want %q", ID(i), got, want)
		}
	}
	return nil
}

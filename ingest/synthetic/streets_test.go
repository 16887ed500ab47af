package synthetic

import "testing"

// TestAddressesAreInOnePlace checks that no two doors of one street name have one number, on all
// streets and in what complaints say.
func TestAddressesAreInOnePlace(t *testing.T) {
	t.Parallel()
	type door struct {
		name   string
		number int64
	}
	city := sample()
	ends, largest := map[string]int64{}, int64(0)
	for i := range city.streets.streets {
		s := &city.streets.streets[i]
		if s.first != ends[s.name] {
			t.Fatalf("numbers of %s go on at %d after %d", s.name, s.first, ends[s.name])
		}
		ends[s.name] += 2 * s.doors
		largest = max(largest, ends[s.name])
	}
	if largest > 9_999 {
		t.Errorf("the largest house number is %d, want four digits", largest)
	}
	places := map[door]place{}
	var r random
	for i := range 50_000 {
		m := city.matter(&r, i)
		d := door{m.where.street.name, m.where.number}
		if p, ok := places[d]; ok && p != m.where.place {
			t.Fatalf("%d %s is at %v and at %v", d.number, d.name, p, m.where.place)
		}
		places[d] = m.where.place
	}
}

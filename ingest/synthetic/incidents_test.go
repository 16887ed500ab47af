package synthetic

import "testing"

// TestEchoesFollow checks that whatever echoes an incident comes within days of an earlier complaint of the same
// category at the same door, and that only echoes are duplicates.
func TestEchoesFollow(t *testing.T) {
	t.Parallel()
	type thing struct {
		street *street
		number int64
		kind   *category
	}
	for _, complaints := range []int{500, 200_000} {
		city := sized(complaints)
		first := map[thing]instant{}
		echoes, duplicates := 0, 0
		var r random
		total := complaints + complaints/5
		for i := range total {
			m := city.matter(&r, i)
			it := thing{m.where.street, m.where.number, m.kind}
			if before, ok := first[it]; m.echoes && (!ok || m.when.instant-before > 7*day) {
				t.Fatalf("complaint %d of %d echoes none of the last week", i, complaints)
			}
			first[it] = m.when.instant
			if m.echoes {
				echoes++
			}
			course := newCourse(&r, m.when.instant, m.kind, m.echoes)
			if course.steps[course.count-1].status == duplicate {
				if duplicates++; !m.echoes {
					t.Fatalf("complaint %d of %d is a duplicate of none", i, complaints)
				}
			}
		}
		if echoes < total/20 || echoes > total/3 || duplicates < total/100 || duplicates > total/10 {
			t.Errorf("of %d complaints %d are echoes and %d duplicates", total, echoes, duplicates)
		}
	}
}

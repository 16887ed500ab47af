package app

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"hutong/internal/config"
	"hutong/layers"
	"hutong/layers/filter"
	"hutong/layers/view"
	"hutong/styles"
)

// countsOf adds the views of counts of a config to city.
func countsOf(city *City, c *config.Config) error {
	for i := range c.Counts {
		v := &c.Counts[i]
		schema := schemaOf(c, v.Layer)
		spec := view.CountSpec{
			K: v.K, Resolutions: v.Resolutions, By: v.By, Time: schema.FieldIndex(schema.TimeField), Zone: c.TimeZone,
			Settle: v.Settle, Weeks: v.Weeks, Every: v.Every, Until: v.Until, Sets: []view.CountSet{{Name: view.AllSet}},
		}
		if spec.Zone == nil {
			spec.Zone = time.UTC
		}
		var err error
		if spec.Where, err = conditionOf(v.Where, schema); err != nil {
			return fmt.Errorf("app: view %s: %w", v.Name, err)
		}
		for _, set := range v.Sets {
			where, err := conditionOf(set.Filter, schema)
			if err != nil {
				return fmt.Errorf("app: view %s: set %s: %w", v.Name, set.Name, err)
			}
			spec.Sets = append(spec.Sets, view.CountSet{Name: set.Name, Where: where})
		}
		var titles []styles.Words
		for _, set := range v.Sets {
			titles = append(titles, styles.Words{EN: set.Title, ZH: set.TitleZH})
		}
		// Until is not in it: tables go on when it moves.
		sum := sha256.Sum256(fmt.Appendf(nil, "%s %d %v %d %s %v %s %q %q %+v", v.Layer, v.K, v.Resolutions, v.By, spec.Zone, v.Settle, v.Name, v.Where, filtersOf(v.Sets), *schema))
		city.Counts = append(city.Counts, CountView{
			Name: v.Name, Of: v.Layer, Audience: v.Audience, Title: v.Title, TitleZH: v.TitleZH, Description: v.Description,
			Licence: v.Licence, Attribution: v.Attribution, Hidden: v.Hidden, Spec: spec, Titles: titles, Digest: hex.EncodeToString(sum[:]),
		})
	}
	return nil
}

// filtersOf returns sets without what people call them.
func filtersOf(sets []config.CountSet) [][2]string {
	list := make([][2]string, len(sets))
	for i, set := range sets {
		list[i] = [2]string{set.Name, set.Filter}
	}
	return list
}

// conditionOf returns what a filter over all fields of a layer selects; nil for "".
func conditionOf(text string, schema *layers.Schema) (layers.Selector, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // everything
	}
	e, err := filter.Parse(filter.Text, text, schema)
	if err != nil {
		return nil, err
	}
	return filter.Compile(e), nil
}

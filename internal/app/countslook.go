package app

import (
	"hutong/api"
	"hutong/layers/view"
	"hutong/styles"
)

// allTitle is what people call the set of all features.
var allTitle = styles.Words{EN: "All", ZH: "全部"}

// sets returns the sets that a view of counts offers, with what people call them.
func (v *CountView) sets() []api.TableSet {
	list := make([]api.TableSet, len(v.Spec.Sets))
	for i, set := range v.Spec.Sets {
		title := v.setTitle(i)
		list[i] = api.TableSet{Name: set.Name, Title: title.EN, TitleZH: title.ZH}
	}
	return list
}

// setTitle returns what people call the i-th set.
func (v *CountView) setTitle(i int) styles.Words {
	if i == 0 {
		return allTitle
	}
	if i <= len(v.Titles) {
		return v.Titles[i-1]
	}
	return styles.Words{}
}

// drawing returns how the layer of published cells is shown: by count, each cell under its own name.
func (v *CountView) drawing() styles.Drawing {
	schema := view.CountSchema(v.Name)
	look := func(en, zh string) styles.FieldLook { return styles.FieldLook{Title: styles.Words{EN: en, ZH: zh}} }
	sets := look("Counted", "统计对象")
	sets.Values = map[string]styles.ValueLook{}
	for i, set := range v.Spec.Sets {
		sets.Values[set.Name] = styles.ValueLook{Title: v.setTitle(i)}
	}
	name := func(field int) string { return schema.Fields[field].Name }
	return styles.Drawing{
		TitleZH: v.TitleZH, Hidden: v.Hidden, Number: name(view.CountNumber), Label: name(view.CountH3),
		Fields: map[string]styles.FieldLook{
			name(view.CountNumber): look("Number", "数量"), name(view.CountSetName): sets, name(view.CountPeriod): look("Period", "时段"),
			name(view.CountResolution): look("Resolution of H3", "H3 分辨率"), name(view.CountH3): look("H3 cell", "H3 单元"),
		},
	}
}

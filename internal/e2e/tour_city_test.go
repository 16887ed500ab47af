package e2e

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// tourCity is a city in which everything is known: each layer's kind, texts in both languages, values
// with titles, units, times and a private field.
type tourCity struct {
	config     string
	complaints []tourComplaint
	csv, next  string // the complaints' file, and what takes its place while the server runs
	secret     string // what every value of the private field holds
}

// tourComplaint is one point of the city.
type tourComplaint struct {
	id, category, status, title, titleZH string
	lon, lat                             float64
	votes                                int
	level                                float64
	reported                             time.Time
}

// tourNewest is when the newest complaint was reported.
var tourNewest = time.Date(2016, 3, 31, 12, 0, 0, 0, time.UTC)

// tourAges are how long before that the complaints were reported, in turn.
var tourAges = []time.Duration{
	0, 30 * time.Minute, 2 * time.Hour, 20 * time.Hour, 48 * time.Hour, 6 * 24 * time.Hour, 10 * 24 * time.Hour,
	29 * 24 * time.Hour, 40 * 24 * time.Hour, 300 * 24 * time.Hour, 400 * 24 * time.Hour,
}

// tourCentre is the complaint in the middle of the window.
const tourCentre = "C-17"

// tourConfig is the city's config; it takes the folder with its data.
const tourConfig = `city: Test City
layers:
  greens:
    title: Greens
    title_zh: 绿地
    licence: CC0-1.0
    draw: {as: park, label: name, label_zh: name_zh}
    fields: {name: {type: string}, name_zh: {type: string}}
  streets:
    title: Streets
    title_zh: 街道
    licence: CC0-1.0
    draw: {as: road, class: class, label: name, label_zh: name_zh}
    fields: {class: {type: string, keep: true}, name: {type: string}, name_zh: {type: string}}
  quarters:
    title: Quarters
    title_zh: 街区
    licence: CC0-1.0
    draw: {as: place, class: class, label: name, label_zh: name_zh}
    fields: {class: {type: string, keep: true}, name: {type: string}, name_zh: {type: string}}
  zones:
    title: Zones
    title_zh: 片区
    licence: CC0-1.0
    id: {name: id}
    draw: {number: load, label: name, label_zh: name_zh}
    fields:
      name: {type: string, title: Name, title_zh: 名称}
      name_zh: {type: string, title: Chinese name, title_zh: 中文名称}
      load: {type: float, keep: true, title: Load, title_zh: 负荷, unit: "%%"}
  routes:
    title: Routes
    title_zh: 线路
    licence: CC0-1.0
    id: {name: id}
    draw: {category: kind, label: name, label_zh: name_zh}
    fields:
      kind:
        type: string
        keep: true
        title: Kind
        title_zh: 种类
        values: {bus: {title: Bus, title_zh: 公交}, tram: {title: Tram, title_zh: 电车}}
      name: {type: string, title: Name, title_zh: 名称}
      name_zh: {type: string, title: Chinese name, title_zh: 中文名称}
  complaints:
    title: Complaints
    title_zh: 投诉
    attribution: Test desk
    licence: CC0-1.0
    id: {name: id}
    time: reported
    draw: {category: category, status: status, label: title, label_zh: title_zh}
    fields:
      category:
        type: string
        keep: true
        title: Category
        title_zh: 类别
        values:
          noise: {title: Noise, title_zh: 噪音, icon: music}
          pothole: {title: Pothole, title_zh: 路面坑洞, icon: roadblock}
          rubbish: {title: Rubbish, title_zh: 垃圾, icon: waste-basket}
          light: {title: Street light, title_zh: 路灯}
      status:
        type: string
        keep: true
        title: Status
        title_zh: 状态
        values:
          open: {title: Open, title_zh: 未办理, colour: "#b34700"}
          assigned: {title: Assigned, title_zh: 已派单}
          closed: {title: Closed, title_zh: 已办结}
      title: {type: string, title: Title, title_zh: 标题}
      title_zh: {type: string, title: Chinese title, title_zh: 中文标题}
      votes: {type: int, title: Votes, title_zh: 附议}
      level: {type: float, title: Level, title_zh: 声级, unit: dB}
      reported: {type: time, title: Reported, title_zh: 上报时间}
      phone: {type: string, private: true}
sources:
  greens: {layer: greens, files: [%[1]q], id: "{no}", fields: {name: name, name_zh: name_zh}}
  streets: {layer: streets, files: [%[2]q], id: "{no}", fields: {class: class, name: name, name_zh: name_zh}}
  quarters: {layer: quarters, files: [%[3]q], id: "{no}", fields: {class: class, name: name, name_zh: name_zh}}
  zones: {layer: zones, files: [%[4]q], id: "{no}", fields: {name: name, name_zh: name_zh, load: load}}
  routes: {layer: routes, files: [%[5]q], id: "{no}", fields: {kind: kind, name: name, name_zh: name_zh}}
  complaints:
    layer: complaints
    files: [%[6]q]
    id: "{no}"
    csv: {lon: lon, lat: lat}
    fields:
      category: category
      status: status
      title: title
      title_zh: title_zh
      votes: votes
      level: level
      reported: reported
      phone: phone
`

// The ids of the city's zones and routes.
var (
	tourZones  = []string{"Z-1", "Z-2", "Z-3"}
	tourRoutes = []string{"L-1", "L-2", "L-3"}
)

// writeTourCity writes the city into a folder of the test. All of it lies in the window of [camera],
// the points beside the panel and 60 pixels apart.
func writeTourCity(t *testing.T) tourCity {
	t.Helper()
	city := tourCity{secret: "555-01", complaints: tourComplaints()}
	// While the server runs the first complaint goes, the second is closed and two are new.
	next := slices.Clone(city.complaints[1:])
	next[0].status = "closed"
	for n := range 2 {
		next = append(next, tourComplaint{
			id: fmt.Sprintf("C-%d", 90+n), category: "noise", status: "open", title: "New on Lantern Lane", titleZH: "灯笼巷新投诉",
			lon: camera.lon + 0.003, lat: camera.lat + 0.002 + float64(n)*0.004, votes: 1, level: 31, reported: tourNewest,
		})
	}
	named := func(id, en, zh, more, kind, coordinates string) string {
		return fmt.Sprintf(`{"type":"Feature","properties":{"no":%q,"name":%q,"name_zh":%q%s},"geometry":{"type":%q,"coordinates":%s}}`+"\n",
			id, en, zh, more, kind, coordinates)
	}
	box := func(w, s, e, n float64) string {
		return fmt.Sprintf("[[[%v,%v],[%v,%v],[%v,%v],[%v,%v],[%v,%v]]]", w, s, e, s, e, n, w, n, w, s)
	}
	line := func(lat float64) string { return fmt.Sprintf("[[116.385,%v],[116.44,%v]]", lat, lat) }
	dir := write(t, map[string]string{
		"greens.geojsonl":   named("G-1", "Lantern Park", "灯笼公园", "", "Polygon", box(116.391, 39.913, 116.397, 39.919)),
		"streets.geojsonl":  named("S-1", "Lantern Street", "灯笼大街", `,"class":"avenue"`, "LineString", line(39.9)),
		"quarters.geojsonl": named("Q-1", "Old Quarter", "老城坊", `,"class":"district"`, "Point", "[116.431,39.9245]"),
		"zones.geojsonl": named(tourZones[0], "West Zone", "西片区", `,"load":12.5`, "Polygon", box(116.394, 39.889, 116.404, 39.8975)) +
			named(tourZones[1], "Middle Zone", "中片区", `,"load":50`, "Polygon", box(116.408, 39.889, 116.418, 39.8975)) +
			named(tourZones[2], "East Zone", "东片区", `,"load":87.5`, "Polygon", box(116.422, 39.889, 116.432, 39.8975)),
		"routes.geojsonl": named(tourRoutes[0], "Route 1", "1路", `,"kind":"bus"`, "LineString", line(39.9265)) +
			named(tourRoutes[1], "Route 2", "2路", `,"kind":"bus"`, "LineString", line(39.9285)) +
			named(tourRoutes[2], "Route 3", "3路", `,"kind":"tram"`, "LineString", line(39.9305)),
		"complaints.csv": tourCSV(city.complaints, city.secret),
		"next":           tourCSV(next, city.secret),
	})
	path := func(name string) any { return filepath.Join(dir, name) }
	config := fmt.Sprintf(tourConfig, path("greens.geojsonl"), path("streets.geojsonl"), path("quarters.geojsonl"),
		path("zones.geojsonl"), path("routes.geojsonl"), path("complaints.csv"))
	city.config = filepath.Join(write(t, map[string]string{"city.yaml": config}), "city.yaml")
	city.csv, city.next = filepath.Join(dir, "complaints.csv"), filepath.Join(dir, "next")
	return city
}

// tourComplaints returns 48 points in six rows of eight; [tourCentre] lies in the window's middle.
func tourComplaints() []tourComplaint {
	out := make([]tourComplaint, 48)
	for n := range out {
		out[n] = tourComplaint{
			id:       fmt.Sprintf("C-%02d", n),
			category: []string{"noise", "pothole", "rubbish", "light"}[n%4],
			status:   []string{"open", "assigned", "closed"}[n%3],
			title:    fmt.Sprintf("Report %02d on Lantern Lane", n),
			titleZH:  fmt.Sprintf("灯笼巷第%02d号投诉", n),
			lon:      camera.lon + float64(n%8-1)*0.006,
			lat:      camera.lat + float64(n/8-2)*0.004,
			votes:    n * 1000,
			level:    30 + 1.25*float64(n),
			reported: tourNewest.Add(-tourAges[n%len(tourAges)]),
		}
	}
	return out
}

func tourCSV(complaints []tourComplaint, secret string) string {
	var out strings.Builder
	out.WriteString("no,lon,lat,category,status,title,title_zh,votes,level,reported,phone\n")
	for n, c := range complaints {
		fmt.Fprintf(&out, "%s,%.7f,%.7f,%s,%s,%s,%s,%d,%v,%s,%s%02d\n", c.id, c.lon, c.lat, c.category, c.status,
			c.title, c.titleZH, c.votes, c.level, c.reported.Format(time.RFC3339), secret, n)
	}
	return out.String()
}

// ids returns the sorted ids of the complaints that keep lets through.
func (c tourCity) ids(keep func(tourComplaint) bool) []string {
	ids := []string{}
	for _, complaint := range c.complaints {
		if keep(complaint) {
			ids = append(ids, complaint.id)
		}
	}
	slices.Sort(ids)
	return ids
}

// complaint returns the one with this id.
func (c tourCity) complaint(t *testing.T, id string) tourComplaint {
	t.Helper()
	i := slices.IndexFunc(c.complaints, func(c tourComplaint) bool { return c.id == id })
	if i < 0 {
		t.Fatalf("there is no complaint %q", id)
	}
	return c.complaints[i]
}

// options are what the tour's script wants to know of the city.
func (c tourCity) options() map[string]any {
	places := map[string][2]float64{}
	for _, complaint := range c.complaints {
		places[complaint.id] = [2]float64{complaint.lon, complaint.lat}
	}
	return map[string]any{"places": places, "centre": tourCentre, "file": c.csv, "next": c.next}
}

package synthetic

// category is one kind of complaint and when and where people complain of it.
type category struct {
	name, zh, icon string
	weight         int64             // how often, of all of them
	season         [12]int64         // by month: percent of the usual
	hours          [partsOfDay]int64 // night, morning, afternoon, evening
	place          [settings]int64
	rain, cold     *[weathers]int64 // nil when the weather of the season does not matter
	takes          int64            // hours that a usual one takes until it is closed
	channels       sums             // how they reach the city
	titles         []phrase
}

var (
	always = seasons(100, 100, 100, 100)
	// Houses are heated from 15 November to 15 March, and tried a little before.
	heatingSeason = [12]int64{330, 300, 120, 4, 0, 0, 0, 0, 0, 16, 190, 330}

	byDay     = [partsOfDay]int64{40, 110, 110, 90}
	atNight   = [partsOfDay]int64{340, 60, 50, 170}
	inTheDark = [partsOfDay]int64{160, 60, 30, 220}

	anywhere = [settings]int64{oldLane: 100, newLane: 100, bigStreet: 100, bars: 100, ringSide: 100, expresswaySide: 100}
	inLanes  = [settings]int64{oldLane: 170, newLane: 140, bigStreet: 60, bars: 70, ringSide: 10}
	indoors  = [settings]int64{oldLane: 170, newLane: 140, bigStreet: 60, bars: 70}
	inOld    = [settings]int64{oldLane: 320, newLane: 90, bigStreet: 50, bars: 90}
	onRoads  = [settings]int64{oldLane: 50, newLane: 65, bigStreet: 140, bars: 90, ringSide: 220, expresswaySide: 260}
	byBars   = [settings]int64{oldLane: 90, newLane: 90, bigStreet: 95, bars: 420, ringSide: 110, expresswaySide: 100}

	wetMore  = &[weathers]int64{fair: 75, poor: 150, severe: 210}
	wetOnly  = &[weathers]int64{fair: 12, poor: 190, severe: 1_500}
	wetLess  = &[weathers]int64{fair: 125, poor: 50, severe: 20}
	coldMore = &[weathers]int64{fair: 70, poor: 130, severe: 240}
	coldLess = &[weathers]int64{fair: 120, poor: 75, severe: 45}
)

// seasons returns the months of a year of which only the seasons count; winter is from December.
func seasons(winter, spring, summer, autumn int64) [12]int64 {
	return [12]int64{
		winter, winter, spring, spring, spring, summer, summer, summer, autumn, autumn, autumn, winter,
	}
}

// The channels by which complaints come in: hotline, app, portal, officer, social.
var (
	channels = []struct{ name, title, zh, icon string }{
		{"hotline", "Hotline", "热线电话", "telephone"},
		{"app", "App", "手机应用", "mobile-phone"},
		{"portal", "Web portal", "网站", "temaki-electronic"},
		{"officer", "Officer on the street", "巡查人员", "temaki-police_officer"},
		{"social", "Social media", "社交媒体", "temaki-speaker"},
	}
	byPhone   = shares(640, 190, 60, 60, 50)
	byPicture = shares(330, 380, 60, 160, 70)
	byPatrol  = shares(300, 200, 40, 430, 30)
	byLetter  = shares(480, 170, 250, 70, 30)
)

// categories are what people complain of, most frequent first.
var categories = []category{
	{
		"illegal parking", "违章停车", "parking", 1500, always,
		[partsOfDay]int64{60, 110, 105, 110},
		[settings]int64{150, 115, 100, 150, 25, 0},
		nil, nil, 32, byPicture,
		[]phrase{
			{"Cars on the pavement", "机动车占用人行道", anytime},
			{"Fire lane blocked", "消防通道被堵", anytime},
			{"Car parked across a gate", "车辆堵住大门", anytime},
			{"Double parking", "车辆并排乱停", anytime},
			{"Lorry parked overnight", "货车夜间占道停放", notAfternoon},
		},
	},
	{
		"rubbish", "垃圾清运", "waste-basket", 1250, seasons(80, 95, 130, 95), byDay, inLanes, nil, nil, 60, byPicture, []phrase{
			{"Rubbish not collected", "垃圾未及时清运", anytime},
			{"Overflowing bins", "垃圾桶满溢", anytime},
			{"Building waste dumped", "渣土乱倒", anytime},
			{"Furniture left at the kerb", "大件家具丢弃路边", anytime},
			{"Bins not sorted", "垃圾未分类", anytime},
		},
	},
	{
		"noise", "噪声扰民", "karaoke", 1150, seasons(70, 100, 125, 100), atNight, byBars, wetLess, coldLess, 80, byPhone, []phrase{
			{"Building work at night", "夜间施工噪声", lateOnly},
			{"Loud music", "音响声过大", anytime},
			{"Dancing in the square", "广场舞扰民", outOfBed},
			{"Noise from a restaurant", "餐馆噪声", anytime},
			{"Shouting outside bars", "酒吧外喧哗", afterWork},
			{"Air conditioner hums", "空调外机噪声", hotMonths},
		},
	},
	{
		"unlicensed vending", "无照经营", "shop", 1000,
		seasons(55, 110, 135, 100),
		[partsOfDay]int64{110, 85, 60, 190},
		[settings]int64{100, 80, 130, 240, 20, 0},
		wetLess, coldLess, 44, byPatrol,
		[]phrase{
			{"Food stalls block the pavement", "小吃摊占道经营", anytime},
			{"Vendors at the station", "地铁站口游商聚集", anytime},
			{"Fruit sold from a truck", "货车流动卖水果", anytime},
			{"Night stalls leave litter", "夜市摊位遗留垃圾", notAfternoon},
		},
	},
	{
		"property management", "物业管理", "building", 900, always, byDay, indoors, nil, nil, 380, byPhone, []phrase{
			{"Lift out of order", "电梯停运", anytime},
			{"Stairwell light broken", "楼道灯不亮", anytime},
			{"Management does not answer", "物业不作为", anytime},
			{"Gate does not close", "单元门损坏", anytime},
			{"Fees charged twice", "物业费重复收取", anytime},
		},
	},
	{
		"road damage", "道路破损", "roadblock", 700, seasons(110, 115, 105, 75), byDay, onRoads, wetMore, nil, 240, byPicture, []phrase{
			{"Pothole", "路面坑洼", anytime},
			{"Sunken manhole cover", "井盖下沉", anytime},
			{"Broken paving", "步道砖破损", anytime},
			{"Cracked surface after works", "施工后路面开裂", anytime},
		},
	},
	{
		"heating", "供暖", "hot-spring", 620, heatingSeason, [partsOfDay]int64{70, 120, 90, 130}, inOld, nil, coldMore, 72, byPhone, []phrase{
			{"Radiators cold", "暖气不热", anytime},
			{"Heating below 18 degrees", "室温不足十八度", anytime},
			{"Leaking radiator valve", "暖气阀门漏水", anytime},
			{"Heating pipe burst", "供暖管道爆裂", anytime},
		},
	},
	{
		"water supply", "供水", "drinking-water", 520, seasons(85, 95, 125, 95), [partsOfDay]int64{60, 120, 95, 120}, inLanes, nil, coldMore, 40, byPhone, []phrase{
			{"No water", "停水", anytime},
			{"Low pressure", "水压不足", anytime},
			{"Brown water", "自来水发黄", anytime},
			{"Leaking main", "供水管道漏水", anytime},
		},
	},
	{
		"illegal building", "违法建设", "temaki-brick_trowel", 480, seasons(70, 120, 105, 105), byDay, inOld, nil, nil, 1240, byLetter, []phrase{
			{"Shed on the roof", "楼顶私搭棚屋", anytime},
			{"Wall built across a lane", "砌墙堵塞胡同", anytime},
			{"Basement being dug", "私挖地下室", anytime},
			{"Courtyard built over", "院内私搭乱建", anytime},
		},
	},
	{
		"shared bikes", "共享单车", "bicycle-share", 430,
		seasons(60, 120, 110, 115),
		[partsOfDay]int64{50, 130, 95, 120},
		[settings]int64{80, 80, 140, 170, 20, 0},
		wetLess, coldLess, 28, byPicture,
		[]phrase{
			{"Bikes block the entrance", "单车堵塞出入口", anytime},
			{"Heap of broken bikes", "废旧单车堆积", anytime},
			{"Bikes thrown into the bushes", "单车乱扔绿地", anytime},
		},
	},
	{
		"street lighting", "路灯照明", "temaki-street_lamp_arm", 400, seasons(130, 90, 75, 110), inTheDark, anywhere, nil, nil, 120, byPhone, []phrase{
			{"Street light out", "路灯不亮", anytime},
			{"Street light flickers", "路灯闪烁", anytime},
			{"Row of lights dark", "整排路灯熄灭", anytime},
			{"Lamp post leans", "灯杆倾斜", anytime},
		},
	},
	{
		"dust", "扬尘", "temaki-bulldozer", 360, seasons(80, 160, 70, 100), byDay, onRoads, wetLess, nil, 96, byPatrol, []phrase{
			{"Bare ground not covered", "裸土未苫盖", anytime},
			{"Trucks spill sand", "渣土车遗撒", anytime},
			{"Demolition without water", "拆除未洒水降尘", anytime},
		},
	},
	{
		"trees and green space", "园林绿化", "park-alt1", 350, seasons(40, 130, 140, 90), byDay, anywhere, wetMore, nil, 220, byPicture, []phrase{
			{"Branch hangs over the wires", "树枝压电线", anytime},
			{"Tree down", "树木倒伏", anytime},
			{"Willow fluff", "杨柳飞絮", aprilToJune},
			{"Dead trees not replaced", "枯树未补植", anytime},
		},
	},
	{
		"flooding", "积水内涝", "water", 300,
		seasons(15, 60, 300, 40),
		[partsOfDay]int64{90, 90, 110, 110},
		[settings]int64{140, 90, 110, 100, 170, 150},
		wetOnly, nil, 36, byPhone,
		[]phrase{
			{"Water stands in the underpass", "桥下积水", anytime},
			{"Blocked gully", "雨水口堵塞", anytime},
			{"Sewage comes up", "污水外溢", anytime},
			{"Water runs into the cellar", "地下室进水", anytime},
		},
	},
	{
		"traffic signals", "交通信号", "temaki-traffic_signals", 260, always,
		[partsOfDay]int64{40, 140, 95, 130},
		[settings]int64{10, 10, 200, 120, 120, 60},
		wetMore, nil, 52, byPhone,
		[]phrase{
			{"Signal dark", "信号灯不亮", anytime},
			{"Green phase too short", "绿灯时间过短", anytime},
			{"Signal hidden by leaves", "信号灯被树叶遮挡", inLeaf},
		},
	},
	{
		"small advertisements", "小广告", "temaki-poster_box", 240, always, byDay, inLanes, nil, nil, 100, byPatrol, []phrase{
			{"Stickers on doors", "门上贴小广告", anytime},
			{"Numbers sprayed on the wall", "墙面喷涂小广告", anytime},
			{"Leaflets under wipers", "车窗夹传单", anytime},
		},
	},
	{
		"public toilets", "公共厕所", "toilet", 200, seasons(80, 95, 130, 95), byDay, inOld, nil, nil, 48, byPicture, []phrase{
			{"Toilet closed", "公厕关闭", anytime},
			{"Toilet dirty", "公厕脏乱", anytime},
			{"No light in the toilet", "公厕灯不亮", anytime},
		},
	},
	{
		"stray animals", "流浪动物", "veterinary", 170, seasons(70, 120, 110, 100), [partsOfDay]int64{100, 100, 80, 140}, inLanes, nil, nil, 88, byPhone, []phrase{
			{"Stray dogs in the yard", "院内流浪犬出没", anytime},
			{"Dog without a lead", "遛狗不牵绳", anytime},
			{"Dead cat on the road", "路面有死猫", anytime},
		},
	},
}

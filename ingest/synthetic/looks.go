package synthetic

// Colours that mean something, of the palette of Okabe and Ito, which also people with a colour vision
// deficiency tell apart.
const (
	vermilion = "#d55e00"
	orange    = "#e69f00"
	green     = "#009e73"
	sky       = "#56b4e9"
	purple    = "#cc79a7"
	grey      = "#7f7f7f"
)

// districtLook is the look of the field that names a district.
func districtLook() Look {
	look := Look{Title: "District", TitleZH: "区", Values: make(map[string]ValueLook, len(districts))}
	for i, name := range districts {
		look.Values[name] = ValueLook{Title: name, TitleZH: districtsZH[i]}
	}
	return look
}

// openLook is the look of the field that says whether a stall or market is open now.
func openLook() Look {
	return Look{Title: "Now", TitleZH: "当前", Values: map[string]ValueLook{
		isOpen:   {Title: "Open", TitleZH: "营业中", Colour: green},
		isClosed: {Title: "Closed", TitleZH: "已打烊", Colour: grey},
	}}
}

func complaintLooks() map[string]Look {
	category := Look{Title: "Category", TitleZH: "类别", Values: make(map[string]ValueLook, len(categories))}
	for i := range categories {
		k := &categories[i]
		category.Values[k.name] = ValueLook{Title: capital(k.name), TitleZH: k.zh, Icon: k.icon}
	}
	channel := Look{Title: "Channel", TitleZH: "来源", Values: make(map[string]ValueLook, len(channels))}
	for _, c := range channels {
		channel.Values[c.name] = ValueLook{Title: c.title, TitleZH: c.zh, Icon: c.icon}
	}
	return map[string]Look{
		"category": category,
		"status": {Title: "Status", TitleZH: "状态", Values: map[string]ValueLook{
			statusNames[open]:       {Title: "Open", TitleZH: "未受理", Colour: vermilion},
			statusNames[assigned]:   {Title: "Assigned", TitleZH: "已派单", Colour: purple},
			statusNames[inProgress]: {Title: "In progress", TitleZH: "办理中", Colour: orange},
			statusNames[closed]:     {Title: "Closed", TitleZH: "已办结", Colour: green},
			statusNames[rejected]:   {Title: "Rejected", TitleZH: "不予受理", Colour: grey},
			statusNames[duplicate]:  {Title: "Duplicate", TitleZH: "重复件", Colour: sky},
		}},
		"district": districtLook(),
		"title":    {Title: "Complaint", TitleZH: "投诉（英文）"},
		"title_zh": {Title: "Complaint (Chinese)", TitleZH: "投诉内容"},
		"votes":    {Title: "Votes", TitleZH: "附议"},
		"reported": {Title: "Reported", TitleZH: "受理时间"},
		"changed":  {Title: "Last change", TitleZH: "最近更新"},
		"channel":  channel,
	}
}

func vendorLooks() map[string]Look {
	kind := Look{Title: "Sells", TitleZH: "品类", Values: make(map[string]ValueLook, len(wares))}
	for i := range wares {
		w := &wares[i]
		kind.Values[w.name] = ValueLook{Title: capital(w.name), TitleZH: w.zh, Icon: w.icon}
	}
	return map[string]Look{
		"kind": kind,
		"status": {Title: "Permit", TitleZH: "许可", Values: map[string]ValueLook{
			"licensed":   {Title: "Licensed", TitleZH: "有证", Colour: green},
			"unlicensed": {Title: "Unlicensed", TitleZH: "无证", Colour: vermilion},
			"expired":    {Title: "Expired", TitleZH: "已过期", Colour: orange},
			"suspended":  {Title: "Suspended", TitleZH: "暂停", Colour: grey},
		}},
		"open":     openLook(),
		"hours":    {Title: "Hours", TitleZH: "营业时间"},
		"district": districtLook(),
		"title":    {Title: "Stall", TitleZH: "摊位（英文）"},
		"title_zh": {Title: "Stall (Chinese)", TitleZH: "摊位"},
		"area":     {Title: "Area", TitleZH: "面积", Unit: "m²"},
		"since":    {Title: "Permit since", TitleZH: "许可日期"},
	}
}

func marketLooks() map[string]Look {
	kind := Look{Title: "Kind", TitleZH: "类型", Values: make(map[string]ValueLook, len(marketKinds))}
	for i := range marketKinds {
		k := &marketKinds[i]
		kind.Values[k.name] = ValueLook{Title: capital(k.name), TitleZH: k.zh, Icon: k.icon}
	}
	return map[string]Look{
		"kind":     kind,
		"open":     openLook(),
		"hours":    {Title: "Hours", TitleZH: "营业时间"},
		"stalls":   {Title: "Stalls", TitleZH: "摊位数"},
		"district": districtLook(),
		"title":    {Title: "Name", TitleZH: "名称（英文）"},
		"title_zh": {Title: "Name (Chinese)", TitleZH: "名称"},
	}
}

func sensorLooks() map[string]Look {
	kind := Look{Title: "Measures", TitleZH: "监测项目", Values: make(map[string]ValueLook, len(sensorKinds))}
	for i := range sensorKinds {
		k := &sensorKinds[i]
		kind.Values[k.name] = ValueLook{Title: k.title, TitleZH: k.zh, Icon: k.icon}
	}
	return map[string]Look{
		"kind": kind,
		"status": {Title: "Status", TitleZH: "状态", Values: map[string]ValueLook{
			sensorStates[online]:      {Title: "Online", TitleZH: "在线", Colour: green},
			sensorStates[offline]:     {Title: "Offline", TitleZH: "离线", Colour: vermilion},
			sensorStates[maintenance]: {Title: "Maintenance", TitleZH: "维护中", Colour: orange},
		}},
		"district": districtLook(),
		"title":    {Title: "Sensor", TitleZH: "传感器（英文）"},
		"title_zh": {Title: "Sensor (Chinese)", TitleZH: "传感器"},
		"value":    {Title: "Reading", TitleZH: "读数"},
		"unit":     {Title: "Unit", TitleZH: "单位"},
		"read":     {Title: "Read", TitleZH: "读取时间"},
	}
}

// capital returns a text of ASCII letters with a capital in front.
func capital(s string) string { return string(s[0]-'a'+'A') + s[1:] }

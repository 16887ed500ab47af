package bars

// categories are what a report is about: 48 names of 12 to 40 bytes, the commonest first.
var categories = [...]string{
	"Parking meter repair", "Bulk waste collection", "Illegal parking", "Pothole in the road",
	"Street lamp out", "Missed rubbish collection", "Abandoned vehicle on public land", "Noise at night",
	"Tree pruning", "Shared bicycles blocking the pavement", "Illegal dumping", "Sidewalk repair",
	"Graffiti removal", "Traffic signal fault", "Unlicensed street vendor", "Water main leak",
	"Blocked street drain", "Dead animal collection", "Dust from a building site", "Street sweeping",
	"Public toilet out of order", "Heating below the standard", "Rodent inspection and treatment", "Recycling bin missing",
	"Manhole cover missing or loose", "Illegal construction", "Fallen tree or branch", "Road sign damaged",
	"Lift out of service in a housing block", "Stray dogs seen", "Cooking smoke from a restaurant", "Bus shelter damaged",
	"Power cut in the building", "Snow and ice not cleared", "Crossing without a signal", "Low water pressure",
	"Advertising without a permit", "Electric scooter fire hazard", "Fire exit blocked", "Underpass flooded",
	"Park bench broken", "Playground unsafe", "Smell from a sewer", "River water discoloured",
	"Bicycle lane obstructed", "Emission of black smoke from a lorry", "Bridge railing damaged", "Cable hanging low over the road",
}

// statuses are where a report stands: 8 names, the commonest first.
var statuses = [...]string{
	"CLOSED", "OPEN", "IN PROGRESS", "ASSIGNED", "DUPLICATE", "WAITING FOR PARTS", "VOIDED", "REOPENED BY CITIZEN",
}

// districts are the 16 districts of Beijing.
var districts = [...]string{
	"Dongcheng", "Xicheng", "Chaoyang", "Haidian", "Fengtai", "Shijingshan", "Tongzhou", "Daxing",
	"Shunyi", "Changping", "Fangshan", "Mentougou", "Pinggu", "Huairou", "Miyun", "Yanqing",
}

// words are what titles are made of.
var words = [...]string{
	"lamp", "broken", "near", "the", "gate", "school", "corner", "again", "since", "Monday", "water",
	"blocked", "stairs", "loud", "hutong", "market", "bus", "stop", "north", "side", "dark", "leak",
	"opposite", "bank", "lane", "east", "wall", "cracked", "smell", "behind", "bridge", "station",
}

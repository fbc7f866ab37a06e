"""Plainly invented names and places. No list of real people's names was used."""

from __future__ import annotations

_FORENAMES = """
Acorn Alder Amberly Ashling Aspen Barley Beacon Bellfry Birch Bracken Bramble Briar Brindle
Bryony Burnet Calico Cambric Candle Caraway Cedar Chalk Cinder Clover Cobble Comfrey Copper
Cricket Dapple Elder Ember Fennel Fernleigh Finch Flint Foxglove Gorse Harebell Hazelle Heron
Juniper Kestrel Lapwing Larch Linnet Lovage Mallow Marram Meadow Merle Mistle Nettle Oakley
Orchard Pebble Pippin Plover Quince Rowan Rushen Saffron Sedge Siskin Sorrel Starling Tansy
Teasel Thistle Thyme Tuppence Vervain Wagtail Whinchat Willow Woodruff Wren Yarrow
"""
_SURNAMES = """
Aldersnape Applegarth Barnacle Beckwater Bellwether Birdsong Bluebottle Bobbin Bonfire Brambleby
Bristlecone Brookfall Buttermere-Moss Candlewick Cartwheel Catchfly Chimneypiece Clearwater
Clockwinder Cloudberry Cobblestone Corncrake Cottongrass Cowslip Dandelion Dewpond Dovecote
Driftwood Eiderdown Farthing Featherstitch Fiddlewood Fieldmouse Firelight Flagstone Foghorn
Gatepost Goldthread Gooseberry Greengage Halfpenny Hayrick Hedgerow Hollowell Honeycomb
Hopscotch Inkwell Kettledrum Ladlemaker Lanternlight Lighthouse Longbarrow Lovelace-Fern
Marblethorpe Marigold Milkchurn Millpond Moonraker Mossbank Nightjar Nutbrown O'Larkspur
Overbrook Paddlewheel Paperchase Patchwork Pennywhistle Periwinkle Pinecone Puddlefoot Quill
Quillfeather Ragwort Rainbarrel Rosehip Sandpiper Shuttlecock Silverweed Skylark Snowberry
Songthrush Spindleberry Stonecrop Sundial Swallowtail Thimble Thornapple Tinderbox Toadflax
Turnstone Underhedge Wainscot Waterwheel Weathercock Whistledown Windfall Woodsmoke Yellowhammer
"""
FORENAMES = tuple(_FORENAMES.split())
SURNAMES = tuple(_SURNAMES.split())
STREETS = (
    *("Acorn Rise", "Barley Close", "Bobbin Lane", "Candle Street", "Clover Walk", "Dewpond Road"),
    *("Farthing Row", "Gatepost Lane", "Harebell Drive", "Inkwell Street", "Kettle Yard"),
    *("Lantern Terrace", "Marigold Way", "Millpond Gardens", "Nightjar Avenue", "Orchard End"),
    *("Periwinkle Court", "Quill Street", "Rosehip Crescent", "Sundial Place", "Thimble Hill"),
    *("Upper Hayrick", "Wainscot Mews", "Yarrow Grove"),
)
TOWNS = ("Quillbury", "Mossbank-on-the-Wold", "Nether Thimble", "Larkwater")
FORMS = ("Kestrel", "Heron", "Linnet", "Plover")
TITLES = ("Ms", "Mr", "Mrs", "Mx", "Dr")
RELATIONSHIPS = ("mother", "father", "carer", "grandparent", "stepparent")
#: Titles that read wrong beside a relationship, and what stands there instead.
TITLES_FOR = {("mother", "Mr"): "Ms", ("father", "Ms"): "Mr", ("father", "Mrs"): "Mr"}
LANGUAGES = ("English", "English", "English", "English", "Polish", "Urdu", "Welsh", "Somali")

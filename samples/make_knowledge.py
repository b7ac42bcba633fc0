"""Writes the catalogue pages of public/samples/knowledge/ (one per product of the invented weather shop Tarn) and
public/samples/knowledge-questions.csv: questions whose answers stand word for word in one page.

The pages about the Tarn station itself and the questions on them are written by hand: knowledge-by-hand.csv beside this
script. Standard library only, seeded.

    python samples/make_knowledge.py
"""

import csv
import random
from pathlib import Path

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parent / "public" / "samples"

# Name, what it is, what it is for.
PRODUCTS = [
    ("Alder", "soil probe", "measures how wet the soil of a flower bed is"),
    ("Bract", "leaf sensor", "tells when leaves stay wet and mildew may start"),
    ("Cairn", "snow gauge", "measures the depth of snow with sound"),
    ("Dell", "frost alarm", "rings when the air near the ground falls to zero"),
    ("Eddy", "pond thermometer", "floats on a pond and measures the water"),
    ("Fell", "mountain barometer", "shows air pressure and height on hikes"),
    ("Gale", "wind meter for the hand", "measures gusts on a beach or a field"),
    ("Heath", "greenhouse controller", "opens the windows of a greenhouse when it gets warm"),
    ("Inlet", "tide clock", "shows the hours until the next high water"),
    ("Jetty", "wave buoy", "counts waves near a landing stage"),
    ("Knoll", "lightning detector", "warns of lightning in the area"),
    ("Lark", "sunrise lamp", "wakes people with light"),
    ("Mere", "lake level gauge", "follows the level of a lake or a cistern"),
    ("Nook", "room sensor", "measures warmth and damp in one room"),
    ("Oxbow", "river gauge", "warns when a brook rises"),
    ("Pike", "fishing thermometer", "measures water at several depths"),
    ("Quarry", "dust sensor", "counts fine dust in a workshop"),
    ("Rill", "garden valve", "waters the garden when it has not rained"),
    ("Skerry", "boat compass", "keeps a course in fog"),
    ("Thicket", "bird box camera", "shows a nest without disturbing it"),
    ("Upland", "pasture sensor", "measures how fast grass grows"),
    ("Vale", "fog sensor", "measures how far one can see"),
    ("Weir", "cistern pump", "brings rain water to the watering can"),
    ("Yarrow", "pollen counter", "counts the pollen of birch and grass"),
]
COLOURS = ["moss green", "slate grey", "sand", "signal red", "dark blue", "cream white", "copper", "black"]
MATERIALS = ["larch wood", "recycled plastic", "brushed steel", "cast aluminium", "glazed clay", "oiled oak", "stainless steel", "bamboo"]
BATTERIES = ["two AA cells", "one button cell", "four AAA cells", "a small solar panel", "a built-in battery", "one D cell"]
LASTING = ["five months", "eight months", "ten months", "fourteen months", "two years", "three years"]
MAKERS = ["Orrin Vale", "Sella Brandt", "Mirko Haas", "Tilda Frome", "Joon Park", "Aveline Roy", "Pavel Dusek", "Nia Owusu"]
TOWNS = ["Hexby", "Lower Tarn", "Port Ellis", "Marrow Hill", "Ansgar", "Fennick", "Oldwater", "Brixholm"]
PARTS = ["a wall hook", "a steel pin", "a roll of tape", "a spare seal", "a cloth bag", "a screwdriver", "a long cable", "a table stand"]
WARNINGS = ["hot water", "alcohol", "a pressure washer", "strong soap", "sandpaper", "hair spray", "the dishwasher", "direct heat"]

# Each fact: ways to say it, ways to ask for it, the answer.
FACTS = {
    "price": (["{n} costs {price} euros.", "The price of {n} is {price} euros."],
              ["How much is {n}?", "What does {n} cost?", "What is the price of {n}?"], "{price} euros"),
    "weight": (["It weighs {weight} grams.", "Without its packaging it weighs {weight} grams."],
               ["How heavy is {n}?", "What does {n} weigh?"], "{weight} grams"),
    "material": (["Its case is made of {material}.", "The housing is {material}."],
                 ["What is the case of {n} made of?", "Which material is {n} made of?"], "{material}"),
    "colour": (["It is sold in {colour} only.", "The only colour is {colour}."],
               ["In which colour is {n} sold?", "Which colour does {n} come in?"], "{colour}"),
    "power": (["It runs on {battery}, which last {lasting}." , "Power comes from {battery}; expect {lasting} of use."],
              ["What powers {n}?", "Where does {n} get its power from?"], "{battery}"),
    "lasting": ([], ["How long does the power of {n} last?"], "{lasting}"),
    "designer": (["It was designed by {maker} in {town}.", "{maker} drew it in a workshop in {town}."],
                 ["Who designed {n}?"], "{maker}"),
    "town": ([], ["Where was {n} designed?", "In which town was {n} designed?"], "{town}"),
    "box": (["In the box there is also {part}.", "It comes with {part}."],
            ["What comes with {n}?", "What else is in the box of {n}?"], "{part}"),
    "warning": (["Never clean it with {warning}.", "Keep it away from {warning}."],
                ["What must {n} be kept away from?", "What should {n} never meet?"], "{warning}"),
    "range": (["Its radio reaches {range} metres.", "It may stand up to {range} metres from the display."],
              ["How far does the radio of {n} reach?", "How far from the display may {n} stand?"], "{range} metres"),
    "warranty": (["The warranty is {warranty} months.", "We repair it free of charge for {warranty} months."],
                 ["How long is the warranty of {n}?", "For how long is {n} repaired free of charge?"], "{warranty} months"),
}
PARAGRAPHS = [("price", "warranty"), ("material", "colour", "weight"), ("power", "range"), ("designer", "box"), ("warning",)]
HEADINGS = ["Price and warranty", "What it looks like", "Power and radio", "Who made it", "Care"]
QUESTIONS_PER_PAGE = 8


def page(name, kind, use, rng):
    """The page's Markdown and its facts."""
    values = {
        "n": f"the {name}", "price": rng.choice(range(19, 260)), "weight": rng.choice(range(60, 900, 5)), "material": rng.choice(MATERIALS),
        "colour": rng.choice(COLOURS), "battery": rng.choice(BATTERIES), "lasting": rng.choice(LASTING), "maker": rng.choice(MAKERS),
        "town": rng.choice(TOWNS), "part": rng.choice(PARTS), "warning": rng.choice(WARNINGS), "range": rng.choice(range(20, 400, 10)),
        "warranty": rng.choice((12, 18, 24, 30, 36, 48, 60)),
    }
    text = f"# The {name}\n\nThe {name} is a {kind}. It {use}.\n"
    for heading, facts in zip(HEADINGS, PARAGRAPHS):
        sentences = [rng.choice(FACTS[fact][0]).format(**values) for fact in facts]
        if facts[0] == "power" and values["battery"].startswith(("a ", "one ")):
            sentences[0] = sentences[0].replace("which last ", "which lasts ")
        text += f"\n## {heading}\n\n{' '.join(s[:1].upper() + s[1:] for s in sentences)}\n"
    return text, values


def main():
    """Writes pages and questions."""
    rng = random.Random(83)
    with open(HERE / "knowledge-by-hand.csv", encoding="utf-8", newline="") as file:
        columns, *rows = csv.reader(file)
    for name, kind, use in PRODUCTS:
        text, values = page(name, kind, use, rng)
        (FOLDER / "knowledge" / f"product-{name.lower()}.md").write_text(text, encoding="utf-8")
        for fact in rng.sample(sorted(FACTS), QUESTIONS_PER_PAGE):
            _, questions, answer = FACTS[fact]
            rows.append([rng.choice(questions).format(**values), answer.format(**values)])
    rng.shuffle(rows)
    with open(FOLDER / "knowledge-questions.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([columns, *rows])
    print(f"{len(PRODUCTS)} pages, {len(rows)} questions")


if __name__ == "__main__":
    main()

"""Writes public/samples/orders-json.csv: messages to an invented print shop, each with the order as one line of JSON.

Standard library only, seeded. Keys always come in the same order; what the message does not say is left out.

    python samples/make_orders_json.py
"""

import csv
import json
import random
from pathlib import Path

ROWS = 360
TARGET = Path(__file__).resolve().parent.parent / "public" / "samples" / "orders-json.csv"

ITEMS = [
    ("business cards", "business cards"), ("cards", "business cards"), ("flyers", "flyers"), ("leaflets", "flyers"),
    ("posters", "posters"), ("big posters", "posters"), ("menus", "menus"), ("menu cards", "menus"),
    ("wedding invitations", "invitations"), ("invites", "invitations"), ("invitations", "invitations"),
    ("stickers", "stickers"), ("labels for jam jars", "labels"), ("labels", "labels"), ("notebooks", "notebooks"),
    ("calendars", "calendars"), ("wall calendars", "calendars"), ("envelopes", "envelopes"), ("tickets", "tickets"),
    ("postcards", "postcards"), ("banners", "banners"), ("name badges", "badges"), ("badges", "badges"),
]
COUNTS = [("25", 25), ("a dozen", 12), ("two dozen", 24), ("40", 40), ("50", 50), ("fifty", 50), ("75", 75), ("80", 80),
          ("a hundred", 100), ("100", 100), ("120", 120), ("150", 150), ("two hundred", 200), ("200", 200), ("250", 250),
          ("300", 300), ("five hundred", 500), ("500", 500), ("1,000", 1000), ("a thousand", 1000)]
SIZES = ["A3", "A4", "A5", "A6"]
PAPERS = [("matt", "matt"), ("glossy", "glossy"), ("shiny", "glossy"), ("recycled", "recycled"), ("plain", "plain"),
          ("thick recycled", "recycled"), ("non-shiny", "matt")]
COLOURS = [("in colour", "colour"), ("full colour", "colour"), ("black and white", "black and white"), ("in black and white", "black and white"),
           ("b/w", "black and white")]
DAYS = [("by Monday", "Monday"), ("by Tuesday", "Tuesday"), ("until Wednesday", "Wednesday"), ("for Thursday", "Thursday"),
        ("by Friday", "Friday"), ("before Saturday", "Saturday"), ("on Monday at the latest", "Monday"), ("no later than Friday", "Friday")]
DELIVERY = [("I'll pick them up", "pick-up"), ("I can collect them", "pick-up"), ("please send them by post", "post"),
            ("could you post them to us", "post"), ("your courier can bring them", "courier"), ("please use the courier", "courier"),
            ("we will come and get them", "pick-up"), ("mail them, please", "post")]
NAMES = ["Ada Brook", "Milo Hart", "Jun Ito", "Petra Lindqvist", "Samir Nassar", "Greta Vogel", "Luca Moretti", "Hana Novak",
         "Owen Price", "Rosa Delgado", "Femi Adeyemi", "Ines Carvalho", "Tom Whitley", "Nora Byrne", "Piotr Zielak", "Lea Fontaine",
         "Arun Mehta", "Mary Oakes", "Eli Stern", "Kaya Demir"]
FIRMS = ["the bakery on the corner", "our choir", "the school fair", "my flower shop", "the chess club", "a small theatre",
         "the village library", "our café", "the cycling club", "my brother's garage"]

OPENINGS = ["Hi, ", "Hello! ", "Good morning, ", "Hey, ", "Dear team, ", "", "", "Hello, ", "Morning! "]
ASKS = ["I need {what}", "we would like {what}", "could you print {what}", "please print {what}", "can I get {what}",
        "I'd like to order {what}", "we are after {what}", "I want {what}", "put me down for {what}", "we are running out, so {what} again"]
CLOSINGS = ["", "", "", " Thanks!", " Thank you.", " Cheers", " Many thanks,", " Best,"]
ASIDES = ["", "", "", "", " They are for {firm}.", " It is for {firm}.", " Last time they came out lovely.", " The file follows by e-mail.",
          " Sorry for the short notice.", " The logo is the same as last year."]


def capital(text):
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


def make(rng):
    """One message and its order."""
    order = {}
    item_text, order["item"] = rng.choice(ITEMS)
    count_text, order["quantity"] = rng.choice(COUNTS)
    what = [count_text]
    details = []
    if rng.random() < 0.55:
        size = rng.choice(SIZES)
        order["size"] = size
        (what if rng.random() < 0.6 else details).append(size)
    if rng.random() < 0.5:
        paper_text, order["paper"] = rng.choice(PAPERS)
        if rng.random() < 0.5:
            details.append(f"on {paper_text} paper")
        else:
            what.append(paper_text)
    what.append(item_text)
    if rng.random() < 0.45:
        colour_text, order["colour"] = rng.choice(COLOURS)
        details.append(colour_text)
    details = [f"size {d}" if d in SIZES else d for d in details]
    rng.shuffle(details)
    ask = rng.choice(ASKS).format(what=" ".join(what))
    sentence = ask + "".join(f", {d}" if i else f" {d}" for i, d in enumerate(details))
    if rng.random() < 0.6:
        day_text, order["due"] = rng.choice(DAYS)
        sentence += f" {day_text}"
    question = ask.startswith(("could", "can"))
    text = rng.choice(OPENINGS)
    text = capital(text + (sentence if text.endswith(", ") else capital(sentence))) + ("?" if question else ".")
    if rng.random() < 0.5:
        delivery_text, order["delivery"] = rng.choice(DELIVERY)
        text += f" {capital(delivery_text)}{'?' if delivery_text.startswith('could') else '.'}"
    text += rng.choice(ASIDES).format(firm=rng.choice(FIRMS))
    text += rng.choice(CLOSINGS)
    if rng.random() < 0.6:
        name = rng.choice(NAMES)
        order["name"] = name
        text += f" {name}" if text.endswith(",") else f" – {name}"
    text = text.rstrip(",")
    keys = ("item", "quantity", "size", "paper", "colour", "due", "delivery", "name")
    return text, json.dumps({key: order[key] for key in keys if key in order}, ensure_ascii=False)


def main():
    """Writes the file."""
    rng = random.Random(31)
    rows = {}
    while len(rows) < ROWS:
        text, order = make(rng)
        rows.setdefault(text, order)
    with open(TARGET, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["message", "order"])
        writer.writerows(rows.items())
    print(f"{TARGET.name}: {len(rows)} rows")


if __name__ == "__main__":
    main()

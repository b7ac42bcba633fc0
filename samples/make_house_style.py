"""Writes public/samples/house-style.csv: hurried notes of a parcel service's staff, rewritten in the firm's style.

Standard library only, seeded. The style: whole sentences that speak to the customer, "parcel" and never "package",
days and amounts written out the same way every time, no exclamation marks, what the customer has to do comes last.

    python samples/make_house_style.py
"""

import csv
import random
from pathlib import Path

ROWS = 320
TARGET = Path(__file__).resolve().parent.parent / "public" / "samples" / "house-style.csv"

DAYS = {"mon": "Monday", "tue": "Tuesday", "wed": "Wednesday", "thu": "Thursday", "fri": "Friday", "sat": "Saturday",
        "tmrw": "tomorrow", "tomorrow": "tomorrow", "monday": "Monday", "friday": "Friday"}
TIMES = {"9am": "9:00", "9": "9:00", "half ten": "10:30", "10.30": "10:30", "noon": "12:00", "1pm": "13:00", "2 pm": "14:00",
         "half three": "15:30", "4pm": "16:00", "5.30pm": "17:30", "6 in the evening": "18:00"}
AMOUNTS = {"$5": "5.00 dollars", "5 bucks": "5.00 dollars", "$7.50": "7.50 dollars", "12 dollars": "12.00 dollars", "$3": "3.00 dollars",
           "8.20": "8.20 dollars", "$15": "15.00 dollars", "20 bucks": "20.00 dollars"}
PLACES = {"the depot": "at our depot", "depot mill st": "at our depot in Mill Street", "the kiosk": "at the kiosk in the station",
          "station kiosk": "at the kiosk in the station", "locker 14": "in locker 14", "locker 7": "in locker 7", "locker 22": "in locker 22",
          "neighbour no 9": "with your neighbour at number 9", "neighbour upstairs": "with your upstairs neighbour",
          "front desk": "at the front desk of your building", "the shop next door": "in the shop next door"}
REASONS = {"van broke down": "our van broke down", "snow": "of snow on the roads", "driver sick": "our driver is ill", "label torn": "the label was torn",
           "strike": "of a strike", "wrong sorting": "it was sorted to the wrong town", "customs slow": "customs is still checking it",
           "flooded road": "a road is flooded", "too many orders": "we have more orders than usual"}
PARCELS = ["package", "pkg", "parcel", "box", "the package", "ur parcel", "your package", "order"]
SORRY = ["sry", "sorry!!", "apologies", "so sorry", "sorry abt that", ""]
HURRY = ["", "", "", "!!", "!", " ok?", " thx", " pls"]

# Each: notes as written in a hurry, and the rewriting. Slots are filled on both sides.
FORMS = [
    (["{p} late, {why}. comes {d}", "{p} delayed bc {why}, new date {d}", "{why} so {p} only {d}", "{p} wont make it today ({why}), {d} instead",
      "no delivery today, {why}. next try {d}"],
     "Your parcel is late because {why}. It will arrive {on_d}.", True),
    (["{p} is at {w}, pick up till {d}", "left {p} at {w}. get it by {d}", "{p} waiting @ {w}, only till {d}", "u can get {p} from {w} until {d}"],
     "Your parcel is {w}. Please collect it by {d}.", False),
    (["driver comes {d} around {t}, someone has to be home", "{p} {d} at {t}, be there", "delivery {d} {t}. pls be home",
      "were coming {d} abt {t}, make sure sb opens"],
     "We will deliver your parcel {on_d} at about {t}. Please make sure that someone is at home.", False),
    (["{a} still to pay for {p}", "u owe {a} customs for {p}, pay before delivery", "{p}: {a} duty open, card or cash", "need {a} first, then we deliver {p}"],
     "There is a charge of {a} on your parcel. Please pay it before the delivery.", False),
    (["{p} damaged, we give back {a}", "{p} got wet, refund {a}", "broke {p}, youll get {a}", "{p} arrived crushed here. {a} back to u"],
     "Your parcel was damaged on the way. We will refund {a}.", True),
    (["nobody home {d}, {p} now at {w}", "rang {d}, no one there. {p} -> {w}", "tried {d}, took {p} to {w}"],
     "We did not find you at home {on_d}. Your parcel is now {w}.", True),
    (["address wrong on {p}, tell us the right one by {d}", "cant find the house for {p}. need new address till {d}", "{p}: no such street number, answer by {d} or it goes back"],
     "We could not find the address on your parcel. Please send us the right one by {d}.", False),
    (["{p} lost, we look for it, news {d}", "cant find {p} atm. will tell u {d}", "{p} missing since the depot, update {d}"],
     "We cannot find your parcel at the moment. We will write to you {on_d}.", True),
    (["got {p} back from u, {a} refunded {d}", "return arrived, {a} on ur card {d}", "return ok. money ({a}) {d}"],
     "We have received your return. We will refund {a} {on_d}.", False),
    (["closed {d}, come at {t} the day after", "depot shut {d}. open again {t} next day"],
     "Our depot is closed {on_d}. It opens again on the next day at {t}.", False),
]


def on(day):
    """The day as an answer to "when"."""
    return day if day == "tomorrow" else f"on {day}"


def make(rng):
    """One note and its rewriting."""
    notes, rewritten, may_apologise = rng.choice(FORMS)
    day, time = rng.choice(list(DAYS)), rng.choice(list(TIMES))
    amount, place, reason = rng.choice(list(AMOUNTS)), rng.choice(list(PLACES)), rng.choice(list(REASONS))
    note = rng.choice(notes).format(p=rng.choice(PARCELS), d=day, t=time, a=amount, w=place, why=reason)
    full = DAYS[day]
    text = rewritten.format(d=full, on_d=on(full), t=TIMES[time], a=AMOUNTS[amount], w=PLACES[place], why=REASONS[reason])
    if may_apologise:
        apology = rng.choice(SORRY)
        if apology:
            note = f"{note}, {apology}" if rng.random() < 0.6 else f"{apology.rstrip('!')}, {note}"
            text += " We are sorry for the trouble."
    note += rng.choice(HURRY)
    return (note if rng.random() < 0.75 else note.upper() if rng.random() < 0.2 else note[:1].upper() + note[1:]), text


def main():
    """Writes the file."""
    rng = random.Random(47)
    rows = {}
    while len(rows) < ROWS:
        note, text = make(rng)
        rows.setdefault(note, text)
    with open(TARGET, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["note", "message"])
        writer.writerows(rows.items())
    print(f"{TARGET.name}: {len(rows)} rows")


if __name__ == "__main__":
    main()

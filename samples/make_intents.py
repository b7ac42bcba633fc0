"""Writes public/samples/intents.csv: short messages to an invented bicycle shop, each with its intent.

Standard library only, seeded. Twelve intents, 26 messages each. Labels are short words, made to be learned.

    python samples/make_intents.py
"""

import csv
import random
from pathlib import Path

PER_INTENT = 26
TARGET = Path(__file__).resolve().parent.parent / "public" / "samples" / "intents.csv"

SLOTS = {
    "bike": ["city bike", "road bike", "mountain bike", "e-bike", "kids bike", "folding bike", "cargo bike", "gravel bike"],
    "part": ["chain", "saddle", "front light", "pedal", "brake cable", "inner tube", "bell", "mudguard", "helmet", "lock", "pump"],
    "fault": ["a flat tyre", "a broken spoke", "squeaking brakes", "a bent wheel", "a loose chain", "a dead battery", "slipping gears"],
    "day": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "tomorrow", "next week", "on the holiday"],
    "number": ["4417", "8802", "1935", "6071", "2254", "7390", "5128", "3366"],
    "street": ["Mill Lane 4", "12 Harbour Street", "Oak Road 27", "9 Station Square", "Chapel Hill 3"],
    "amount": ["$20", "$50", "$75", "$100"],
}

INTENTS = {
    "book repair": [
        "my {bike} has {fault}, can I bring it in {day}?", "I need a repair appointment for my {bike}", "can you fix {fault} {day}?",
        "please book me in for a service, it's a {bike}", "there is {fault} on my {bike}, when can a mechanic look at it?",
        "I'd like to have my {bike} repaired", "do you have a free slot in the workshop {day}?", "could someone replace the {part} for me {day}?",
    ],
    "opening hours": [
        "when do you open {day}?", "how late are you open {day}?", "are you open {day}?", "what are your opening hours?",
        "is the shop closed {day}?", "until what time can I come in {day}?", "what time does the workshop open?", "do you close for lunch?",
    ],
    "order status": [
        "where is my order {number}?", "has order {number} been shipped yet?", "I am still waiting for my {part}, when will it arrive?",
        "any news about order {number}?", "when will my {bike} be delivered?", "can you track parcel {number} for me?",
        "my {part} should have arrived already", "what is the state of my order {number}?",
    ],
    "return item": [
        "I want to send back the {part}", "how do I return a {part} I bought last week?", "the {part} does not fit, can I give it back?",
        "I'd like my money back for the {part}", "can I return the {bike} after a test ride?", "what is the way to return order {number}?",
        "the {part} is not what I expected, please take it back", "do I need the receipt to bring back a {part}?",
    ],
    "cancel order": [
        "please cancel order {number}", "I no longer need the {part}, cancel it please", "can I still stop order {number}?",
        "I ordered a {part} by mistake, please cancel", "cancel my {bike} order", "I changed my mind about order {number}, don't send it",
        "is it too late to cancel the {part}?", "stop the delivery of order {number}, I don't want it any more",
    ],
    "change address": [
        "I moved, my new address is {street}", "please send order {number} to {street} instead", "can you change my address to {street}?",
        "my delivery address is wrong, it should be {street}", "update my address please: {street}", "I live at {street} now, please change it",
        "ship the {part} to {street}, not to the old place", "how can I edit my delivery address?",
    ],
    "price question": [
        "how much is a {bike}?", "what does a new {part} cost?", "how much do you charge to fix {fault}?", "what is the price of the {bike} in the window?",
        "is a {part} under {amount}?", "what would a full service cost for a {bike}?", "how expensive are your {bike}s?", "could you tell me the price for a {part}?",
    ],
    "stock check": [
        "do you have a {part} in stock?", "is the {bike} available in size M?", "have you got any {part} left?", "I'm looking for a {part}, do you sell those?",
        "is there a {bike} in the shop I can see {day}?", "when will you get the {bike} in again?", "do you carry a {part} for a {bike}?", "are {bike}s sold out?",
    ],
    "gift card": [
        "I want to buy a gift card for {amount}", "do you sell gift cards?", "can I pay for a {part} with my gift card?", "how long is a gift card valid?",
        "how much is left on my gift card {number}?", "my gift card code {number} does not work", "a {amount} gift card please, for my sister", "can a gift card be mailed to me?",
    ],
    "complaint": [
        "I'm really unhappy with the repair of my {bike}", "you fixed {fault} and it broke again the same day", "the man at the counter was rude to me {day}",
        "this is the third time the {part} fails, I am angry", "your service is terrible", "I waited an hour and nobody helped me",
        "I want to complain about my {bike}", "very bad work, there is {fault} again after your service",
    ],
    "talk to person": [
        "can I talk to a real person?", "please let me speak with someone", "give me a phone number, I want to call you", "I'd rather talk to a human",
        "connect me with the workshop please", "is there someone I can call about order {number}?", "stop the bot, I need a person", "can one of your staff call me back {day}?",
    ],
    "rent a bike": [
        "can I rent a {bike} {day}?", "I'd like to hire a {bike} for the weekend", "do you rent out {bike}s?", "two {bike}s for rent {day} please",
        "what do I need to rent a {bike}?", "is a deposit needed to hire a {bike}?", "we want to borrow a {bike} for three days", "renting a {bike} {day}, is that possible?",
    ],
}

BEFORE = ["", "", "", "hi, ", "hello, ", "hey, ", "good morning, ", "quick question: ", "sorry, ", "hi there, "]
AFTER = ["", "", "", "", " thanks", " thank you!", " please help", " thx"]


def make_message(pattern, rng):
    """Fills a pattern and dresses it the way people write."""
    text = pattern.format(**{name: rng.choice(values) for name, values in SLOTS.items()})
    for day in ("tomorrow", "next week", "on the holiday"):
        text = text.replace(f"on {day}", day)
    for day in SLOTS["day"][:6]:
        text = text.replace(f" {day}", f" on {day}")
    text = rng.choice(BEFORE) + text + rng.choice(AFTER)
    return text if rng.random() < 0.3 else text[0].upper() + text[1:]


def make_rows(seed=3):
    """The rows, every intent equally often, no message twice."""
    rng = random.Random(seed)
    rows, seen = [], set()
    for intent, patterns in INTENTS.items():
        made = 0
        while made < PER_INTENT:
            text = make_message(patterns[made % len(patterns)], rng)
            if text.lower() not in seen:
                seen.add(text.lower())
                rows.append((text, intent))
                made += 1
    rng.shuffle(rows)
    return rows


if __name__ == "__main__":
    rows = make_rows()
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    with open(TARGET, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["text", "intent"])
        writer.writerows(rows)
    print(f"{len(rows)} rows in {TARGET.name}")

"""Writes public/samples/support-chats.csv: invented support chats with one-sentence summaries.

Standard library only, seeded: the same file every time. Every part of a summary can be read off the chat.
House style: "Customer reported <problem> with the <product>; agent <did something> (<status>)."

    python samples/make_support_chats.py
"""

import csv
import random
from pathlib import Path

ROWS = 400
TARGET = Path(__file__).resolve().parent.parent / "public" / "samples" / "support-chats.csv"

# Products by kind, each with the problems it can have. Customers always spell the name as it stands here.
SMART = "no power, a weak battery, overheating, a broken case, lost connections, a stuck button, a missing cable, a failed update"
PLAIN = "no power, overheating, a broken case, a loud noise, a stuck button, a missing cable"
FURNITURE = "a late delivery, a lost parcel, a wrong colour, damage, missing parts, a wrong address"
CLOTHES = "a late delivery, a lost parcel, a wrong colour, a wrong size, damage, a wrong address"
SUBSCRIPTION = "a double charge, a failed login, a locked account, a missing invoice, an unwanted renewal, a wrong price"
APP = "a failed login, a locked account, frequent crashes, a sync error, a double charge, an unwanted renewal"

PRODUCTS = {
    "device": {
        "Halden headset": SMART, "Orbit smartwatch": SMART, "Pebble speaker": SMART, "Nordvik e-reader": SMART,
        "Tavo tablet": SMART, "Kestrel drone": SMART, "Linnet earpiece": SMART, "Brisk vacuum": SMART + ", a loud noise",
        "Tilda baby monitor": SMART, "Alto doorbell": SMART, "Mira webcam": PLAIN + ", lost connections, a failed update",
        "Fenn router": PLAIN + ", lost connections, a failed update", "Vega keyboard": "no power, lost connections, a stuck button, a broken case",
        "Rook printer": PLAIN + ", lost connections, a failed update", "Marlow projector": PLAIN + ", lost connections, a failed update",
        "Lumo desk lamp": PLAIN, "Sola power bank": "no power, a weak battery, overheating, a broken case, a missing cable",
        "Caldo kettle": "no power, overheating, a broken case, a loud noise, a stuck button", "Juno coffee machine": PLAIN, "Polar heater": PLAIN,
    },
    "order": {
        "Birch bookshelf": FURNITURE, "Oakley office chair": FURNITURE, "Maple dining table": FURNITURE, "Iris floor lamp": FURNITURE,
        "Cedar garden bench": FURNITURE, "Dune camping tent": FURNITURE, "Linden mirror": "a late delivery, a lost parcel, a wrong size, damage, a wrong address",
        "Sandby rug": CLOTHES, "Alder mattress": "a late delivery, a wrong size, damage, a wrong address", "Wren bicycle helmet": CLOTHES,
        "Harbor rain jacket": CLOTHES, "Corrie rain poncho": CLOTHES, "Finch backpack": CLOTHES, "Coral swimsuit": CLOTHES,
        "Fable bedding set": CLOTHES, "Hazel wool sweater": CLOTHES,
    },
    "account": {
        "CloudNest account": APP + ", a missing invoice, a wrong price", "Streamly subscription": SUBSCRIPTION, "BudgetBird app": APP, "FitLoop plan": SUBSCRIPTION,
        "Notable Pro licence": SUBSCRIPTION, "Parcelly account": SUBSCRIPTION, "Classmate portal": "a failed login, a locked account, frequent crashes, a sync error",
        "Mapwise app": APP, "Tunebox subscription": SUBSCRIPTION, "Gardenly app": APP, "Rideshare Plus pass": SUBSCRIPTION,
        "Mailwell account": APP + ", a missing invoice", "Petpal insurance": "a double charge, a missing invoice, an unwanted renewal, a wrong price",
        "Quill editor": APP, "Bookworm membership": SUBSCRIPTION, "Homebase portal": "a failed login, a locked account, frequent crashes, a missing invoice",
    },
}

# Problem: wording in the summary -> what customers write, and the solutions that make sense.
PROBLEMS = {
    "device": {
        "no power": (
            ["it won't turn on at all", "it is completely dead, nothing happens when I press the button",
             "it just does not switch on any more", "there is no sign of life, not even a light"],
            ["reset", "replace", "refund", "repair", "cable"]),
        "a weak battery": (
            ["the battery is empty after an hour", "it only lasts half a morning before it dies",
             "the battery drains so fast", "I charge it all night and by noon it is flat"],
            ["update", "replace", "repair", "refund", "escalate tech"]),
        "overheating": (
            ["it gets so hot I can't touch it", "it becomes really hot after ten minutes",
             "it is burning hot and smells strange", "it overheats every single time I use it"],
            ["replace", "refund", "repair", "escalate tech"]),
        "a broken case": (
            ["the case has a big crack", "the housing broke on one side", "the case was cracked when I opened the box",
             "one corner of the case has snapped off"],
            ["replace", "refund", "photo", "repair"]),
        "a loud noise": (
            ["it makes a loud rattling noise", "there is a horrible buzzing noise", "it is so loud now, like a tractor",
             "it started to make a loud clicking noise"],
            ["replace", "repair", "photo", "update"]),
        "lost connections": (
            ["it loses the connection every few minutes", "the connection keeps dropping", "it disconnects all the time",
             "it won't stay connected to my phone"],
            ["reset", "update", "escalate tech", "replace"]),
        "a stuck button": (
            ["the main button is stuck", "the button on top no longer moves", "one button got stuck on the first day",
             "I can't press the button, it is jammed"],
            ["repair", "replace", "refund", "photo"]),
        "a missing cable": (
            ["there was no cable in the box", "the charging cable is missing", "the box came without the cable",
             "I unpacked everything and there is no cable"],
            ["cable", "refund"]),
        "a failed update": (
            ["the update stops at 40 percent", "the update failed and now it hangs", "it has been updating since yesterday",
             "every time I start the update I get an error"],
            ["reset", "update", "escalate tech", "photo"]),
    },
    "order": {
        "a late delivery": (
            ["it should have been here on Monday", "it still hasn't arrived and it was due last week",
             "the delivery is late again", "I have been waiting two weeks for it"],
            ["trace", "express", "voucher", "refund"]),
        "a lost parcel": (
            ["the tracking says delivered but I have nothing", "the parcel never came and the driver says it was left outside",
             "my parcel is lost, the courier cannot find it", "it was marked as delivered, but there is no parcel"],
            ["trace", "express", "refund"]),
        "a wrong colour": (
            ["I ordered blue and got green", "it is grey, I asked for black", "the colour is wrong, I wanted white",
             "you sent it in red instead of brown"],
            ["exchange", "refund", "voucher", "pickup"]),
        "a wrong size": (
            ["it is two sizes too small", "the size is wrong", "you sent me the wrong size", "it is far too big, not the size I ordered"],
            ["exchange", "refund", "pickup"]),
        "damage": (
            ["it arrived with a deep scratch", "it was damaged in the box", "it came damaged, there is a hole in it",
             "there is a big dent in it"],
            ["exchange", "refund", "voucher", "photo", "pickup"]),
        "missing parts": (
            ["some parts are missing", "there are no screws in the box", "half of the parts were not in the box",
             "I counted twice and two parts are missing"],
            ["parts", "refund", "photo"]),
        "a wrong address": (
            ["I typed in the wrong address", "I moved and the order has my old address", "the delivery address is wrong",
             "it is going to my old street, please help"],
            ["address", "trace"]),
    },
    "account": {
        "a double charge": (
            ["I was charged twice this month", "you took the money two times", "there are two payments on my card",
             "my card was billed twice"],
            ["refund", "escalate billing", "screenshot"]),
        "a failed login": (
            ["I can't log in any more", "the login just fails", "it says wrong password but it is right",
             "I am not able to sign in since the weekend"],
            ["password", "unlock", "escalate tech"]),
        "a locked account": (
            ["it says my account is locked", "I got locked out after three tries", "everything is locked and I need it today",
             "you have locked my account for no reason"],
            ["unlock", "password", "escalate tech"]),
        "a missing invoice": (
            ["I never got my invoice", "the invoice for March is missing", "I need the invoice for my tax and can't find it",
             "there is no invoice in my inbox"],
            ["invoice", "escalate billing"]),
        "frequent crashes": (
            ["it crashes every time I open it", "it closes by itself after a few seconds", "it keeps crashing since the last update",
             "it freezes and then crashes"],
            ["update", "reinstall", "escalate tech", "screenshot"]),
        "an unwanted renewal": (
            ["it renewed although I don't want it any more", "you renewed it for a year without asking",
             "I did not want it to renew", "I just saw that it was renewed, I wanted to stop"],
            ["cancel", "refund", "escalate billing"]),
        "a sync error": (
            ["it no longer syncs with my phone", "my data does not sync between my two devices",
             "nothing syncs since yesterday", "the sync shows an error"],
            ["reinstall", "update", "escalate tech"]),
        "a wrong price": (
            ["the price is higher than on your page", "I pay 15 a month, the page says 10", "the price went up and nobody told me",
             "you charge me the wrong price"],
            ["refund", "voucher", "escalate billing"]),
    },
}

# Solution: wording in the summary, what the agent writes, status. {amount} and {day} are copied from the chat.
SOLUTIONS = {
    "reset": ("guided them through a reset", "resolved",
              ["Please hold the power key for ten seconds to reset it.", "Let's do a reset: settings, then reset, then confirm.",
               "A reset usually helps. Switch it off, wait a minute and start it again."],
              ["That worked, thanks!", "It is working again, thank you.", "wow, that did it", "Great, all good now."]),
    "reinstall": ("guided them through a new installation", "resolved",
                  ["Please delete it and install it again.", "A new installation helps: remove it, restart, install it again.",
                   "Let's install it again. Your data is safe with us."],
                  ["Done, and it works. Thanks!", "ok that was it, thanks", "It is back, thank you!", "Took a while, but it works now."]),
    "replace": ("sent a replacement", "resolved",
                ["I have just ordered a replacement for you, it ships today.", "We will send you a new one free of charge.",
                 "I'm sending a replacement, please keep the old one for the courier."],
                ["Perfect, thank you.", "Great, thanks a lot!", "ok good, thx", "That's fair. Thank you."]),
    "refund": ("refunded {amount}", "resolved",
               ["I have refunded {amount} to your card.", "You will get {amount} back within three days.",
                "I can give you {amount} back and have done that just now."],
               ["Thank you, that helps.", "ok, thanks for the quick help", "Great.", "Very kind, thank you!"]),
    "repair": ("booked a repair for {day}", "follow-up",
               ["I have booked a repair for {day}.", "Our workshop can repair it on {day}, I put you down for that.",
                "A technician can fix it on {day}. I have booked it."],
               ["{day} is fine.", "ok see you then", "That suits me, thanks.", "Alright, thank you."]),
    "cable": ("sent a new cable", "resolved",
              ["I will send you a new cable today.", "A new cable is on its way to you.", "Sorry! We are posting a new cable right now."],
              ["Thanks!", "Perfect, thank you.", "great, thx", "That was easy. Thank you."]),
    "update": ("sent an update", "resolved",
               ["Please install the update I just sent you.", "There is a new version with a fix, I have sent it to you.",
                "I am sending you the latest update now, it solves this."],
               ["It works now, thank you!", "Installed, looks good.", "ok that fixed it", "Much better, thanks."]),
    "photo": ("asked for a photo", "follow-up",
              ["Could you send us a photo of it? Then we can decide.", "Please mail me a photo so that I can check it.",
               "I need a photo first, please upload one."],
              ["Ok, I'll send it tonight.", "Sure, will do.", "fine, give me an hour", "I will do that."]),
    "screenshot": ("asked for a screenshot", "follow-up",
                   ["Could you send us a screenshot? Then we can check it.", "Please mail me a screenshot of it.",
                    "I need a screenshot first, please upload one."],
                   ["Ok, I'll send it tonight.", "Sure, will do.", "fine, give me an hour", "I will do that."]),
    "escalate tech": ("escalated it to the technical team", "escalated",
                      ["I will pass this on to our technical team.", "Our technical team has to look at this, I have opened a ticket.",
                       "I am handing this over to the technical team, they will call you."],
                      ["Ok, please hurry.", "Alright, I'll wait.", "hope they call soon", "Thanks, I will wait for the call."]),
    "escalate billing": ("escalated it to the billing team", "escalated",
                         ["I am forwarding this to our billing team.", "The billing team will check this and write to you.",
                          "I have opened a case with the billing team."],
                         ["Ok, please be quick.", "Fine, I'll wait.", "please tell them it is urgent", "Thank you, I'll wait."]),
    "trace": ("opened a trace with the courier", "follow-up",
              ["I have opened a trace with the courier.", "I'm asking the courier for a trace, this takes two days.",
               "We start a trace with the courier and let you know."],
              ["Ok, keep me posted.", "Thanks, I'll wait.", "hmm ok", "Please let me know soon."]),
    "express": ("sent it again by express", "resolved",
                ["We will send it again by express today.", "I have sent a new one by express, it arrives tomorrow.",
                 "I'm shipping it again, this time by express."],
                ["Great, thank you!", "Perfect.", "finally, thanks", "That is very helpful."]),
    "voucher": ("offered a {amount} voucher", "resolved",
                ["I can offer you a {amount} voucher.", "As an apology I would like to give you a {amount} voucher.",
                 "Here is a {amount} voucher for the trouble, is that ok?"],
                ["That is kind, thanks.", "ok, I'll take it", "Fine with me.", "Thank you, good solution."]),
    "exchange": ("arranged an exchange", "resolved",
                 ["I have arranged an exchange, the right one ships tomorrow.", "Let's exchange it, I have set that up for you.",
                  "No problem, we will exchange it for free."],
                 ["Great, thanks.", "Perfect, thank you!", "ok cool", "Good, that was quick."]),
    "pickup": ("booked a pickup for {day}", "follow-up",
               ["I have booked a pickup for {day}.", "The courier will pick it up on {day}.", "We can collect it on {day}, I booked the pickup."],
               ["{day} works for me.", "ok, I'll be at home", "Good, thank you.", "Fine, thanks."]),
    "parts": ("sent the missing parts", "resolved",
              ["I am sending you the missing parts today.", "The missing parts are on their way.", "We will post the missing parts this afternoon."],
              ["Thanks a lot.", "Great, thank you!", "ok perfect", "Good, then I can build it on the weekend."]),
    "address": ("changed the address", "resolved",
                ["I have changed the address for you.", "Done, the order now has the new address.", "It has not left yet, so I changed the address."],
                ["Thank you so much!", "Phew, thanks.", "great thx", "You saved my day."]),
    "password": ("reset the password", "resolved",
                 ["I have reset your password, please check your mail.", "I'm sending you a link to set a new password.",
                  "Your password has been reset, the new one is in your inbox."],
                 ["I'm in, thank you!", "Works, thanks.", "ok got it", "That did the trick."]),
    "unlock": ("unlocked the account", "resolved",
               ["I have unlocked it for you.", "It is unlocked now, please try again.", "I removed the lock, you can sign in again."],
               ["Yes, I'm in. Thanks!", "Works again, thank you.", "ok great", "Perfect."]),
    "invoice": ("sent the invoice by mail", "resolved",
                ["I have just sent the invoice to your mail address.", "The invoice is in your inbox now.", "I'm mailing you the invoice right away."],
                ["Got it, thanks.", "It is here, thank you!", "ok found it", "Thank you, that is all."]),
    "cancel": ("cancelled the renewal", "resolved",
               ["I have cancelled the renewal.", "The renewal is cancelled, you will not be charged.", "Done, I took back the renewal."],
               ["Thank you.", "Good to hear.", "ok thx", "Great, that is what I wanted."]),
}

OPENINGS = ["Hi, ", "Hello, ", "Hey, ", "Good morning, ", "Hi there. ", "", "", "Hello! ", "Good evening, "]
FRAMES = [
    "I have a problem with my {product}: {saying}.", "my {product} is driving me mad. {Saying}.", "it's about my {product}. {Saying}.",
    "I need help with the {product}. {Saying}.", "{saying}. It's the {product}.", "{saying}, I mean the {product}.",
    "could you help me with my {product}? {Saying}.", "I'm writing about my {product}, {saying}.", "my {product} again: {saying}.",
    "quick question about the {product}. {Saying}.", "not happy with the {product}. {Saying}.",
]
SPLIT_FRAMES = ["I need help with my {product}.", "is this the right place for questions about the {product}?",
                "I have a question about my {product}.", "there is something wrong with my {product}."]
ASKS = ["Sorry to hear that. What exactly happens?", "Of course. What is the problem?", "Sure, tell me more.", "I'm here to help. What is wrong?",
        "Oh no, what happened?", "Certainly. Could you describe the problem?"]
CHECKS = {
    "Could I have your order number, please?": ("device order", ["It's {number}.", "{number}", "Sure: {number}.", "One moment... {number}."]),
    "Since when do you see this?": ("device account", ["Since yesterday.", "for about three days", "Since last week, I think.", "It started this morning."]),
    "Have you tried a restart?": ("device account", ["Yes, twice, no change.", "yes of course", "I tried everything I know.", "Yes, that did not help."]),
    "May I ask for your name?": ("device order account", ["{name}.", "It's {name}.", "My name is {name}.", "{name} here"]),
    "Is it still under guarantee?": ("device", ["Yes, I bought it in {month}.", "I think so, it is from {month}.", "yes, from {month}"]),
    "When did you order it?": ("order", ["In {month}.", "I think it was in {month}.", "end of {month}"]),
    "Which mail address do you use with us?": ("account", ["The one of {name}.", "the same as always", "My work address, {name}."]),
}
# Questions that would sound odd with these problems.
UNFITTING = {
    "Have you tried a restart?": ("a broken case", "a missing cable", "a double charge", "a missing invoice", "an unwanted renewal",
                                  "a wrong price", "a locked account", "a stuck button"),
    "Since when do you see this?": ("a missing cable", "an unwanted renewal", "a missing invoice", "a double charge"),
}
SORRY = ["I'm sorry about that. ", "That should not happen. ", "I understand. ", "Oh dear. "]
ENDINGS = ["You're welcome. Have a nice day!", "Happy to help.", "Any time!", "Thank you for your patience.", "Glad to help. Goodbye!"]
ANNOYED = ["This is really annoying.", "I am quite disappointed.", "Not what I paid for.", "Second time this year!", "Please help."]
NAMES = ["Priya", "Tom Becker", "Aisha", "Luis Romero", "Ingrid", "Sam Okafor", "Mei", "Jonas", "Fatima", "Carla Rossi", "Ben", "Yuki",
         "Olga", "Pedro", "Hannah", "Derek", "Noor", "Emil", "Ruth", "Kofi"]
MONTHS = ["January", "March", "April", "June", "August", "October"]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
AMOUNTS = ["$5", "$8", "$10", "$12", "$15", "$20", "$25", "$30", "$40", "$45", "$60", "$75", "$90"]


def capital(text):
    """First letter in upper case."""
    return text[:1].upper() + text[1:]


def careless(text, rng):
    """How a customer in a hurry types: lower case, no apostrophes, a swapped or doubled letter."""
    style = rng.random()
    if style < 0.12:
        text = text.lower().replace("'", "").rstrip(".")
    if style < 0.2 and len(text) > 30:
        words = text.split(" ")
        places = [i for i, w in enumerate(words) if w.isalpha() and w.islower() and len(w) > 4]
        if places:
            i = rng.choice(places)
            at = rng.randrange(1, len(words[i]) - 2)
            word = words[i]
            words[i] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        text = " ".join(words)
    return text


def make_chat(rng, kind, product, problem):
    """One chat and its summary."""
    sayings, solutions = PROBLEMS[kind][problem]
    did, status, statements, replies = SOLUTIONS[rng.choice(solutions)]
    facts = {
        "product": product, "amount": rng.choice(AMOUNTS), "day": rng.choice(DAYS), "name": rng.choice(NAMES),
        "month": rng.choice(MONTHS), "number": f"{rng.choice('ABKRT')}{rng.randrange(1000, 9999)}",
    }
    saying = rng.choice(sayings)
    turns = []

    def customer(text):
        """Adds a message of the customer. Product names keep their spelling."""
        text = text.format(**facts)
        typed = careless(text, rng)
        turns.append("Customer: " + (typed if product not in text or product in typed else text))

    def agent(text):
        """Adds a message of the agent."""
        turns.append("Agent: " + text.format(**facts))

    opening = rng.choice(OPENINGS)
    if rng.random() < 0.3:
        first = rng.choice(SPLIT_FRAMES)
        customer(capital(opening + (first if opening.endswith(", ") else capital(first))))
        agent(rng.choice(ASKS))
        customer(capital(saying) + "." + (" " + rng.choice(ANNOYED) if rng.random() < 0.25 else ""))
    else:
        frame = rng.choice(FRAMES).replace("{saying}", saying).replace("{Saying}", capital(saying))
        text = capital(opening + (frame if opening.endswith(", ") else capital(frame)))
        customer(text + (" " + rng.choice(ANNOYED) if rng.random() < 0.25 else ""))
        if rng.random() < 0.4:
            question = rng.choice([q for q, (kinds, _) in CHECKS.items() if kind in kinds.split() and problem not in UNFITTING.get(q, ())])
            agent(rng.choice(SORRY[:4]) + question)
            customer(rng.choice(CHECKS[question][1]))
    thanks = ["Thanks. ", "Thank you. "] if len(turns) > 2 else SORRY[:4]
    agent(rng.choice([*thanks, "", ""]) + rng.choice(statements))
    if rng.random() < 0.85:
        customer(rng.choice(replies))
        if rng.random() < 0.3 and len(turns) < 6:
            agent(rng.choice(ENDINGS))
    summary = f"Customer reported {problem} with the {product}; agent {did} ({status}).".format(**facts)
    return "\n".join(turns), summary


def make_rows(count=ROWS, seed=7):
    """`count` different chats; products and problems take turns so that all of them are well covered."""
    rng = random.Random(seed)
    rows, seen = [], set()
    kinds = list(PRODUCTS)
    while len(rows) < count:
        kind = kinds[len(rows) % len(kinds)]
        product = rng.choice(list(PRODUCTS[kind]))
        problem = rng.choice(PRODUCTS[kind][product].split(", "))
        chat, summary = make_chat(rng, kind, product, problem)
        if chat not in seen and summary not in seen:
            seen |= {chat, summary}
            rows.append((chat, summary))
    rng.shuffle(rows)
    return rows


if __name__ == "__main__":
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    with open(TARGET, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["chat", "summary"])
        writer.writerows(make_rows())
    print(f"{ROWS} rows in {TARGET.name}")

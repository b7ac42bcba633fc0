"""Texts on which our tokenizer must give the same ids, pieces and decoded text as Hugging Face `tokenizers`."""

import random
import unicodedata

PLAIN = [
    "Hello world",
    "The quick brown fox jumps over the lazy dog.",
    "Summarize the following conversation.",
    "translate English to German: That is good.",
    "A man, a plan, a canal: Panama!",
    "It's 7:45 p.m. (or so), isn't it?",
    "e.g. 3.14159, 1,000,000 and 50% of $12.99",
    "John's brother-in-law won't go; he'd rather stay.",
    "https://example.org/a/b?c=d&e=f#g",
    "someone@example.com",
    "snake_case camelCase PascalCase SCREAMING_CASE kebab-case",
    "x = [1, 2, 3]; y = {'a': 1}; print(x[0] < y['a'] > 2)",
    "if (a && b || !c) { return a ? b : c; } // done",
    "<html><body class=\"x\">&amp;</body></html>",
    "C:\\Users\\name\\file.txt ~/dir/`cmd` ^caret",
    "SELECT name FROM people WHERE age >= 18 ORDER BY name DESC",
    "1234567890 0987654321 00000000 11111111",
    "MiXeD cAsE tExT aNd ALL CAPS",
    "#Person1#: Hi! #Person2#: Hello there.",
    "Dr. Smith met Mr. O'Neill at St. Mary's on Jan. 1st, 2020.",
]

PUNCTUATION = [
    "-", "--", "---", "----", "-----", "------", "-------", "--------", "-" * 17, "-" * 64, "-" * 333,
    "!", "!!", "!!!", "!!!!!!!!", "?", "??", "?!?!?!", ".", "..", "...", "....", "." * 40,
    "=" * 30, "_" * 30, "*" * 30, "#" * 9, "~" * 12, "'" * 7, '"' * 7, "``", "''", "(((", ")))", "[[]]",
    "a-b--c---d----e", "…", "……", "–", "—", "―", "‐", "‑", "‒", "“quoted”", "‘single’", "«guillemets»",
    "„low”", "‚low’", "•", "·", "§", "¶", "†", "‡", "°C", "№ 5", "™ ® ©", "½ ¼ ¾", "x² + y³", "H₂O", "€ £ ¥ ¢",
]

SPACES = [
    "", " ", "  ", "\t", "\n", "\r\n", " \n \t ", "a b", "a  b", "a   b", " a", "a ", "  a  ", "a\tb", "a\nb",
    "a\r\nb", "a\n\nb", "\n\na\n\n", "a\u00a0b", "\u00a0", "a\u2003b", "a\u3000b", "a\u200bb", "a\u200cb",
    "a\u200db", "a\ufeffb", "\ufeffstart", "a\u2028b", "a\u2029b", "a\u0085b", "a\u1680b", "a\u202fb", "a\u180eb",
    "a\u2060b", "soft\u00adhyphen", "▁", "▁▁", "a▁b", "▁a", "a▁", " ▁ a", "▁ ▁", "a▁▁b ▁c",
]

CONTROLS = [
    "\x00", "a\x00b", "\x01\x02\x03", "a\x07b", "\x08", "\x0b", "a\x0bb", "\x0c", "a\x0cb", "\x1b[31mred\x1b[0m",
    "\x1f", "\x7f", "a\x7fb", "\x80", "a\x85b", "\x9f", "\x00start", "\x01 start", "\u200b", "\u200bstart",
    "\r", "a\rb", "\r\r\n", "\u0301", "\u0301a", " \u0301", "\n\u0301", "\r\u0301\n",
]

ACCENTS = [
    "café", "cafe\u0301", "naïve", "nai\u0308ve", "Ångström", "A\u030angstro\u0308m", "ﬁne", "ﬂow", "oﬀice", "aﬃx",
    "ﬄ", "ﬆ", "ﬅ", "Straße", "STRASSE", "œuvre", "Æther", "ĳ", "ŉ", "ǆ", "ſ", "ḍ̇", "ḍ\u0307", "d\u0323\u0307",
    "q\u0307\u0323", "Việt Nam", "Vie\u0323\u0302t Nam", "Ünïcödé", "U\u0308ni\u0308co\u0308de\u0301", "a\u0300\u0301\u0302\u0303",
    "x\u0301", "\u00e9\u0301", "e\u0301\u0301", "z\u0335algo\u0336", "Zürich", "Zu\u0308rich", "français", "franc\u0327ais",
    "ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝ", "ŁódŹ", "ħ", "þorn", "ðe", "ﬃ ﬁ ﬂ", "Å", "K", "Ω",
]

FULL_WIDTH = [
    "Ｈｅｌｌｏ　Ｗｏｒｌｄ", "１２３", "ｶﾀｶﾅ", "ｶﾞ", "ﾊﾟ", "！？", "～", "￥", "＜pad＞", "＜／ｓ＞", "＜unk＞", "＜extra_id_0＞", "㍿", "㌀",
    "①②③", "Ⅳ", "ⅷ", "㎏", "㏂", "ﷺ", "ﷲ", "℃", "℡", "½cup", "㈱", "🄰", "𝓗𝓮𝓵𝓵𝓸", "𝟘𝟙", "ᴴᵉˡˡᵒ", "ₐ",
]

SCRIPTS = [
    "你好，世界。", "日本語のテキスト", "こんにちは世界", "한국어 텍스트", "\u1112\u1161\u11ab\u1100\u116e\u11a8", "中文English混合123",
    "مرحبا بالعالم", "السَّلامُ عَلَيْكُم", "שלום עולם", "שָׁלוֹם", "\u05e9\u05c1", "हिन्दी में पाठ", "नमस्ते दुनिया", "क्षत्रिय", "ज़िंदगी", "ड़",
    "\u0921\u093c", "বাংলা", "தமிழ்", "ไทย", "ภาษาไทยที่ไม่มีช่องว่าง", "ລາວ", "မြန်မာ", "ខ្មែរ", "Ελληνικά", "ΐ", "Русский текст", "ё", "е\u0308", "Й",
    "И\u0306", "Українська", "Հայերեն", "ქართული", "አማርኛ", "བོད་ཡིག", "\u0f77", "\u0f71\u0f72", "ᠮᠣᠩᠭᠣᠯ", "\u0600123", "\u06dd5", "\u0e33", "\u0e4d\u0e32",
    "\U00011099\U000110ba", "𒀀𒁀", "𐍈", "Bună ziua, ce mai faci?", "Straßenbahn fährt über die Brücke", "L'été à la mer",
]

EMOJI = [
    "😀", "😀😀", "I ❤️ you", "❤", "❤\ufe0f", "👍🏽", "👩‍👩‍👧‍👦", "👩🏽‍🚀", "🏳️‍🌈", "🇩🇪", "🇩🇪🇫🇷", "🇩", "1️⃣", "#️⃣", "©️", "☎️", "e\ufe0f", "a\U000e0101", "🤷‍♂️ ok",
    "smile:-) ;) :D xD", "日\ufe00", "\u00a0\u0301", "\u00a0\ufe0f", "½\u0301", "ﬁ\u0301", "\u2003\u0301", "①\u20e3", "Ａ\u0301", "\u3000\u3099", "か\u3099", "ｶ\u3099",
]

SPECIALS = [
    "</s>", "<pad>", "<unk>", "a</s>b", "a </s> b", "a  </s>  b", "<pad><pad>", "<unk> x <unk>", "</s></s>", "<s>", "</s", "< /s>", "<PAD>",
    "The <extra_id_0> walks in <extra_id_1> park", "<extra_id_0>", "<extra_id_99>", "<extra_id_100>", "<extra_id_9>9", "x<extra_id_5>y", "<extra_id_0><extra_id_1>",
    "<extra_id_0> cute dog <extra_id_1> the <extra_id_2>", "é</s>é", "\u0301</s>\u0301", "<0x0A>", "<extra_id_1", "extra_id_1>", "ends </s>", "</s> begins",
]

LONG = [
    "a" * 50, "ab" * 300, "supercalifragilisticexpialidocious", "Pneumonoultramicroscopicsilicovolcanoconiosis", "z" * 2000, "aé" * 200,
    "Donaudampfschifffahrtsgesellschaftskapitän", "word " * 200, "字" * 100, "antidisestablishmentarianism" * 5, "0" * 100, "\t" * 30 + "x",
]

# Ranges that random strings draw from; each with the share of draws it gets.
RANDOM_RANGES = [
    (0x20, 0x7E, 40), (0x00, 0x1F, 2), (0x7F, 0x24F, 12), (0x250, 0x36F, 8), (0x370, 0x5FF, 6), (0x600, 0x6FF, 5), (0x900, 0xDFF, 6),
    (0xE00, 0x11FF, 5), (0x1E00, 0x1FFF, 4), (0x2000, 0x23FF, 8), (0x2460, 0x24FF, 2), (0x2600, 0x27BF, 2), (0x3000, 0x33FF, 5),
    (0x4E00, 0x9FFF, 5), (0xAC00, 0xD7A3, 2), (0xF900, 0xFFFF, 6), (0x10000, 0x1FFFF, 6), (0x20000, 0x2FA1F, 1), (0xE0000, 0xE01EF, 1),
]


def random_texts(count: int, seed: int) -> list[str]:
    """Strings of assigned characters from many scripts, some of them built around combining marks and spaces."""
    rng = random.Random(seed)
    weights = [weight for _, _, weight in RANDOM_RANGES]
    glue = [" ", " ", "\u0301", "\u0323", "\u200d", "\ufe0f", "\u00a0", "</s>", "▁", "\r\n", "-", "\u093f", "\u0308"]
    texts = []
    for _ in range(count):
        characters = []
        for _ in range(rng.randint(1, 40)):
            low, high, _ = rng.choices(RANDOM_RANGES, weights)[0]
            code = rng.randint(low, high)
            if rng.random() < 0.2:
                characters.append(rng.choice(glue))
            if unicodedata.category(chr(code)) not in ("Cn", "Cs", "Co"):
                characters.append(chr(code))
        texts.append("".join(characters))
    return texts


def fixed_texts() -> list[str]:
    return PLAIN + PUNCTUATION + SPACES + CONTROLS + ACCENTS + FULL_WIDTH + SCRIPTS + EMOJI + SPECIALS + LONG


def all_texts() -> list[str]:
    return fixed_texts() + random_texts(150, seed=20)

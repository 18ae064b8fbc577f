//! Invented people, places and figures from a seed: the same seed gives the same corpus on every machine.

/// A small generator of numbers (splitmix64). It is no good for secrets, and is not meant to be.
#[derive(Debug, Clone)]
pub struct Dice {
    state: u64,
}

impl Dice {
    /// The dice of one deployment: it does not depend on how many others there are.
    pub fn new(seed: u64, index: u64) -> Self {
        let mut dice = Self { state: seed ^ index.wrapping_mul(0x9e37_79b9_7f4a_7c15) };
        dice.next();
        dice
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below a limit.
    pub fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % (limit.max(1) as u64)).unwrap_or_default()
    }

    /// True so many times in a hundred.
    pub fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    /// One of several.
    pub fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }

    /// A permanent id that no other index has.
    pub fn permanent_id(&mut self, index: usize) -> String {
        format!("d-{:06x}{:06x}", self.next() & 0xff_ffff, index & 0xff_ffff)
    }
}

const HEADS: [&str; 24] = [
    "Bran", "Calv", "Dorn", "Elb", "Farr", "Gall", "Hesk", "Inver", "Jarl", "Kess", "Lorn", "Morv", "Nesk",
    "Orl", "Pell", "Quar", "Rusk", "Selv", "Tarn", "Ulv", "Varn", "Wesk", "Yarr", "Zell",
];
const MIDDLES: [&str; 20] = [
    "a", "am", "and", "ar", "ed", "el", "en", "er", "ick", "il", "in", "ing", "ol", "on", "or", "os", "um",
    "un", "ur", "ys",
];
const TAILS: [&str; 24] = [
    "beck", "bourne", "bridge", "by", "combe", "dale", "den", "field", "ford", "gate", "ham", "hurst", "ley",
    "mere", "moor", "ness", "ridge", "shaw", "stead", "thorpe", "ton", "wath", "wick", "worth",
];

/// A place that no other index below 11,520 has.
pub fn place(index: usize) -> String {
    // A step that shares no factor with the number of places, so that neighbours in number are none in name.
    let all = HEADS.len() * MIDDLES.len() * TAILS.len();
    let at = (index % all) * 4_999 % all;
    let (head, rest) = (at % HEADS.len(), at / HEADS.len());
    let again = index / all;
    let number = if again == 0 { String::new() } else { again.to_string() };
    format!("{}{}{}{number}", HEADS[head], MIDDLES[rest % MIDDLES.len()], TAILS[rest / MIDDLES.len()])
}

const KINDS: [&str; 5] = ["Hospitals", "Community Trust", "Care Partnership", "Health Centre", "Clinics"];

/// What an organisation at a place is called.
pub fn organisation(place: &str, dice: &mut Dice) -> String {
    format!("{place} {}", dice.pick(&KINDS))
}

/// The digits of a number in capitals, at least three, after a letter that nobody else uses.
pub fn prefix(index: usize) -> String {
    let mut rest = index;
    let mut letters = Vec::new();
    while rest > 0 || letters.len() < 3 {
        letters.push(char::from(b'A' + u8::try_from(rest % 26).unwrap_or_default()));
        rest /= 26;
    }
    letters.push('Q');
    letters.into_iter().rev().collect()
}

const FIRST: [&str; 28] = [
    "Ada", "Amir", "Bea", "Callum", "Dilys", "Edwin", "Farah", "Gwen", "Hari", "Imogen", "Joss", "Kemi",
    "Leo", "Maud", "Niall", "Olwen", "Priya", "Quentin", "Rhona", "Sefa", "Tomas", "Una", "Vikram", "Wanda",
    "Xan", "Yusuf", "Zara", "Bryn",
];
const LAST: [&str; 32] = [
    "Abernook",
    "Brindlow",
    "Castellay",
    "Dunmarrow",
    "Eastwold",
    "Farrowby",
    "Gillowey",
    "Hathersby",
    "Inskape",
    "Jellicoat",
    "Kestrell",
    "Lamberick",
    "Merriden",
    "Norvale",
    "Okendene",
    "Pallister",
    "Quillfeather",
    "Rothersby",
    "Saltmarsh",
    "Tenterly",
    "Underhay",
    "Vossberry",
    "Wetherlow",
    "Yarnold",
    "Zennorby",
    "Ashgrave",
    "Bellwether",
    "Corrimond",
    "Dovestone",
    "Elderwick",
    "Foxcombe",
    "Greyling",
];

/// A person's name.
pub fn person(dice: &mut Dice) -> String {
    format!("{} {}", dice.pick(&FIRST), dice.pick(&LAST))
}

/// A name as the part of an address or a key.
pub fn slug(name: &str, between: char) -> String {
    let plain: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == ' ').collect();
    plain.to_ascii_lowercase().replace(' ', &between.to_string())
}

/// The text with its figures moved by up to a fifth: counts that stand alone, no years, versions or codes.
pub fn with_other_figures(text: &str, dice: &mut Dice) -> String {
    let words = text.split_inclusive([' ', '\n']).map(|word| {
        let bare = word.trim_end();
        match bare.parse::<usize>() {
            Ok(number) if (20..1900).contains(&number) => {
                let moved = number * (80 + dice.below(41)) / 100;
                format!("{moved}{}", &word[bare.len()..])
            }
            _ => word.to_owned(),
        }
    });
    words.collect()
}

/// Something that an organisation adds to a text in its own words.
pub const REMARKS: [&str; 12] = [
    "The local project board looked at this in its monthly meeting and asked for no change.",
    "Two of our sites work from a shared service desk, which is open on weekdays only.",
    "The wording of the product's own document was compared with our procedure and agrees with it.",
    "An exception is recorded with the head of the service and reviewed every quarter.",
    "Night staff use the same procedure, with the on-call manager in place of the service lead.",
    "We tested it with our own data and saw the behaviour that is described here.",
    "Our network team has to renew the certificate each spring; the date is in its calendar.",
    "The training material was adapted to the names that our staff use for clinics and lists.",
    "Agency staff get an account on their first day and lose it on their last.",
    "The report of the internal auditors raised one minor point, which was closed within a month.",
    "Branch sites connect through the main site and have no link of their own.",
    "The policy is under review; the new edition is expected to say the same.",
];

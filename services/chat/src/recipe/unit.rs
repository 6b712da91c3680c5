//! Units that a cook writes, with their spellings, and what the weights and volumes among them measure exactly.
//! It does not convert recipes; `conversion` does.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::naming;
use super::rational::Rational;

/// A unit by its short singular name ("cup", "g", "clove"). Names that the table does not know only come in
/// with imported recipes; they are kept as they are and never converted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Unit(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    Metric,
    Us,
}

/// What a unit measures: an exact number of grams or of millilitres, or just a count of things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    Weight(System),
    Volume(System),
    /// Pieces that come in a size: "1 can (400 g)".
    Container,
    Count,
}

struct Known {
    name: &'static str,
    /// Numerator and denominator of the size in grams or millilitres; unused for counts.
    size: (u64, u64),
    measure: Measure,
    /// Of a unit that is written out, the plural stands first.
    spellings: &'static [&'static str],
}

impl Unit {
    /// The unit that `word` spells, whatever its case; a full stop may follow an abbreviation.
    pub fn recognise(word: &str) -> Option<Self> {
        let word = word.strip_suffix('.').unwrap_or(word);
        // The one pair that differs by case alone: "T" is a tablespoon, "t" a teaspoon.
        if word == "T" {
            return Some(Self("tbsp".to_owned()));
        }
        let lower = word.to_lowercase();
        KNOWN
            .iter()
            .find(|known| known.name == lower || known.spellings.contains(&lower.as_str()))
            .map(|known| Self(known.name.to_owned()))
    }

    /// A unit from another program's recipe: a known one under its short name, else as it is written there, in one line.
    pub fn imported(word: &str) -> Option<Self> {
        let word = naming::one_line(word);
        Self::recognise(&word).or_else(|| (!word.is_empty()).then_some(Self(word)))
    }

    pub fn name(&self) -> &str {
        &self.0
    }

    pub fn measure(&self) -> Measure {
        self.known().map_or(Measure::Count, |known| known.measure)
    }

    /// Grams or millilitres in one of it; `None` for counts.
    pub fn size(&self) -> Option<Rational> {
        let known = self.known()?;
        match known.measure {
            Measure::Weight(_) | Measure::Volume(_) => {
                Rational::new(u128::from(known.size.0), u128::from(known.size.1))
            }
            Measure::Container | Measure::Count => None,
        }
    }

    /// How many of `other` one of it is; `None` unless both are weights or both are volumes.
    pub fn ratio_to(&self, other: &Self) -> Option<Rational> {
        let same_kind = matches!(
            (self.measure(), other.measure()),
            (Measure::Weight(_), Measure::Weight(_)) | (Measure::Volume(_), Measure::Volume(_))
        );
        if same_kind {
            self.size()?.over(other.size()?)
        } else {
            None
        }
    }

    pub fn system(&self) -> Option<System> {
        match self.measure() {
            Measure::Weight(system) | Measure::Volume(system) => Some(system),
            Measure::Container | Measure::Count => None,
        }
    }

    pub fn is_container(&self) -> bool {
        self.measure() == Measure::Container
    }

    /// Whether amounts of it are written with decimals.
    pub fn is_decimal(&self) -> bool {
        self.system() == Some(System::Metric)
    }

    /// As it is written behind two or more: "cups", "cloves", but "g" and "tbsp".
    pub fn plural(&self) -> &str {
        const SHORTEST: usize = 3;
        let spelt = self
            .known()
            .and_then(|known| known.spellings.first().copied());
        match spelt {
            Some(plural) if plural.ends_with('s') && self.0.len() >= SHORTEST => plural,
            _ => &self.0,
        }
    }

    fn known(&self) -> Option<&'static Known> {
        KNOWN.iter().find(|known| known.name == self.0)
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A US teaspoon in millilitres, exactly 4.92892159375; the other US volumes are multiples of it.
const TEASPOON: (u64, u64) = (157_725_491, 32_000_000);
/// An ounce in grams, exactly 28.349523125.
const OUNCE: (u64, u64) = (45_359_237, 1_600_000);

const fn teaspoons(count: u64) -> (u64, u64) {
    (TEASPOON.0 * count, TEASPOON.1)
}

const fn weight(
    name: &'static str,
    system: System,
    size: (u64, u64),
    spellings: &'static [&'static str],
) -> Known {
    Known {
        name,
        size,
        measure: Measure::Weight(system),
        spellings,
    }
}

const fn volume(
    name: &'static str,
    system: System,
    size: (u64, u64),
    spellings: &'static [&'static str],
) -> Known {
    Known {
        name,
        size,
        measure: Measure::Volume(system),
        spellings,
    }
}

const fn container(name: &'static str, spellings: &'static [&'static str]) -> Known {
    Known {
        name,
        size: (1, 1),
        measure: Measure::Container,
        spellings,
    }
}

const fn count(name: &'static str, spellings: &'static [&'static str]) -> Known {
    Known {
        name,
        size: (1, 1),
        measure: Measure::Count,
        spellings,
    }
}

use System::{Metric, Us};

const KNOWN: &[Known] = &[
    weight("mg", Metric, (1, 1000), &["milligram", "milligrams", "mgs"]),
    weight(
        "g",
        Metric,
        (1, 1),
        &[
            "gram", "grams", "gramme", "grammes", "gr", "gs", "gm", "gms",
        ],
    ),
    weight(
        "kg",
        Metric,
        (1000, 1),
        &["kilogram", "kilograms", "kilo", "kilos", "kgs"],
    ),
    weight("oz", Us, OUNCE, &["ounce", "ounces", "ozs"]),
    weight(
        "lb",
        Us,
        (OUNCE.0 * 16, OUNCE.1),
        &["lbs", "pound", "pounds"],
    ),
    volume(
        "ml",
        Metric,
        (1, 1),
        &[
            "milliliter",
            "milliliters",
            "millilitre",
            "millilitres",
            "mls",
            "cc",
        ],
    ),
    volume(
        "cl",
        Metric,
        (10, 1),
        &["centiliter", "centiliters", "centilitre", "centilitres"],
    ),
    volume(
        "dl",
        Metric,
        (100, 1),
        &["deciliter", "deciliters", "decilitre", "decilitres"],
    ),
    volume(
        "l",
        Metric,
        (1000, 1),
        &["liter", "liters", "litre", "litres", "ltr"],
    ),
    volume(
        "tsp",
        Us,
        teaspoons(1),
        &["teaspoon", "teaspoons", "tsps", "t", "teaspoonful"],
    ),
    volume(
        "tbsp",
        Us,
        teaspoons(3),
        &[
            "tablespoon",
            "tablespoons",
            "tbsps",
            "tbs",
            "tblsp",
            "tbl",
            "tablespoonful",
        ],
    ),
    volume(
        "fl oz",
        Us,
        teaspoons(6),
        &[
            "floz",
            "fluid ounce",
            "fluid ounces",
            "fl ounce",
            "fl ounces",
        ],
    ),
    volume("cup", Us, teaspoons(48), &["cups", "cupful", "cupfuls"]),
    volume("pint", Us, teaspoons(96), &["pints", "pt", "pts"]),
    volume("quart", Us, teaspoons(192), &["quarts", "qt", "qts"]),
    volume("gallon", Us, teaspoons(768), &["gallons", "gal", "gals"]),
    container("bag", &["bags"]),
    container("bottle", &["bottles"]),
    container("box", &["boxes"]),
    container("can", &["cans"]),
    container("carton", &["cartons"]),
    container("jar", &["jars"]),
    container("package", &["packages", "pkg", "pkgs"]),
    container("packet", &["packets", "pack", "packs"]),
    container("pouch", &["pouches"]),
    container("tin", &["tins"]),
    container("tub", &["tubs"]),
    container("tube", &["tubes"]),
    // Spoons of other languages, which their readers know better than ours.
    count("EL", &["el"]),
    count("TL", &["tl"]),
    count("msk", &[]),
    count("tsk", &[]),
    count("c. à soupe", &["c à soupe"]),
    count("c. à café", &["c à café"]),
    count("bulb", &["bulbs"]),
    count("bunch", &["bunches"]),
    count("clove", &["cloves"]),
    count("cube", &["cubes"]),
    count("dash", &["dashes"]),
    count("drop", &["drops"]),
    count("ear", &["ears"]),
    count("fillet", &["fillets", "filet", "filets"]),
    count("glass", &["glasses"]),
    count("handful", &["handfuls"]),
    count("head", &["heads"]),
    count("knob", &["knobs"]),
    count("loaf", &["loaves"]),
    count("piece", &["pieces", "pcs", "pc"]),
    count("pinch", &["pinches"]),
    count("rasher", &["rashers"]),
    count("scoop", &["scoops"]),
    count("sheet", &["sheets"]),
    count("shot", &["shots"]),
    count("slice", &["slices"]),
    count("spoonful", &["spoonfuls", "spoon", "spoons"]),
    count("splash", &["splashes"]),
    count("sprig", &["sprigs"]),
    count("stalk", &["stalks"]),
    count("stick", &["sticks"]),
    count("strip", &["strips"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plurals_and_abbreviations_have_one_short_name() {
        for (typed, name) in [
            ("Cups", "cup"),
            ("tbsp.", "tbsp"),
            ("T", "tbsp"),
            ("t", "tsp"),
            ("pounds", "lb"),
            ("Litres", "l"),
            ("bunches", "bunch"),
        ] {
            assert_eq!(Unit::recognise(typed).unwrap().name(), name, "{typed}");
        }
        assert_eq!(Unit::recognise("flour"), None);
    }

    #[test]
    fn units_that_are_written_out_have_a_plural() {
        for (name, plural) in [
            ("cup", "cups"),
            ("clove", "cloves"),
            ("loaf", "loaves"),
            ("box", "boxes"),
            ("g", "g"),
            ("lb", "lb"),
            ("tbsp", "tbsp"),
            ("fl oz", "fl oz"),
            ("EL", "EL"),
        ] {
            assert_eq!(Unit::recognise(name).unwrap().plural(), plural);
        }
    }

    #[test]
    fn no_spelling_means_two_units() {
        let mut seen = std::collections::HashSet::new();
        for known in KNOWN {
            for spelling in std::iter::once(&known.name).chain(known.spellings) {
                assert!(seen.insert(*spelling), "{spelling} is listed twice");
            }
        }
    }

    #[test]
    fn sizes_are_exact() {
        let cup = Unit::recognise("cup").unwrap().size().unwrap();
        assert_eq!(cup, Rational::new(2_365_882_365, 10_000_000).unwrap());
        let pound = Unit::recognise("lb").unwrap().size().unwrap();
        assert_eq!(pound, Rational::new(45_359_237, 100_000).unwrap());
    }

    /// Millilitres and grams by an independent source, the units that the `cooklang` crate (0.19) bundles, which are
    /// rounded to about seven digits: docs/decisions/0003-exact-units.md.
    #[test]
    fn sizes_are_those_of_an_independent_table() {
        const BUNDLED: [(&str, f64); 16] = [
            ("mg", 0.001),
            ("g", 1.0),
            ("kg", 1_000.0),
            ("oz", 28.349_523_125),
            ("lb", 453.592_37),
            ("ml", 1.0),
            ("cl", 10.0),
            ("dl", 100.0),
            ("l", 1_000.0),
            ("tsp", 4.928_921),
            ("tbsp", 14.786_764),
            ("fl oz", 29.573_529),
            ("cup", 236.588_236),
            ("pint", 473.176_473),
            ("quart", 946.352_946),
            ("gallon", 3_785.411_784),
        ];
        let measured: Vec<_> = KNOWN
            .iter()
            .filter_map(|known| Some((known.name, Unit(known.name.to_owned()).size()?)))
            .collect();
        assert_eq!(measured.len(), BUNDLED.len());
        for ((name, size), (other, bundled)) in measured.into_iter().zip(BUNDLED) {
            let exact = size.numerator() as f64 / size.denominator() as f64;
            assert_eq!(name, other);
            assert!(
                (exact / bundled - 1.0).abs() < 1e-6,
                "{name} measures {exact}"
            );
        }
    }
}

//! What a listing without temperature classes leaves unsaid: how a product is kept. Guesses from category and name, on the
//! safe side (colder, shorter), and always named in the notes; a person corrects them in our own format.

use model::catalogue::TempClass;

/// How a product is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keeping {
    pub temp: TempClass,
    pub food: bool,
    pub fragile: bool,
    pub shelf_life_days: u32,
}

const FROZEN_WORDS: &[&str] =
    &["ice cream", "icecream", "frozen", "kulfi", "gelato", "cassata", "popsicle", "nuggets"];
const CHILLED_WORDS: &[&str] = &[
    "paneer",
    "curd",
    "dahi",
    "yogurt",
    "yoghurt",
    "lassi",
    "buttermilk",
    "chaas",
    "cheese",
    "salted butter",
    "cream",
    "batter",
    "tofu",
    "chicken",
    "mutton",
    "fish",
    "prawn",
    "salami",
    "sausage",
    "milk",
];
/// Words that make a chilled word a mere taste, or a good for the shelf.
const SHELF_WORDS: &[&str] = &[
    "masala",
    "noodle",
    "soup",
    "chips",
    "biscuit",
    "cookie",
    "nacho",
    "powder",
    "pickle",
    "sauce",
    "mayonnaise",
    "pasta",
    "popcorn",
    "shampoo",
    "soap",
    "food",
    "mix",
    "canned",
    "tin",
    "wafer",
    "choco",
    "rice",
    "spice",
    "spices",
    "dog",
    "puppy",
    "cat",
    "cake",
    "candy",
    "toffee",
    "snack",
    "onion",
    "whitener",
    "condensed",
    "puffs",
    "roll",
    "bar",
    "lotion",
    "wash",
    "shaving",
    "syrup",
    "bread",
    "cracker",
    "crackers",
    "oats",
    "tetra",
    "ready",
    "bite",
    "bites",
    "fills",
    "milkshake",
    "drink",
    "badam",
    "stick",
    "sticks",
    "ring",
    "rings",
    "balls",
    "magic",
    "hair",
    "caramel",
    "rusk",
    "cereal",
    "compound",
    "coconut",
    "almond",
    "sandwich",
];
const NON_FOOD_CATEGORIES: &[&str] = &["Personal Care", "Home & Cleaning", "Health & Hygiene"];
const FRAGILE_WORDS: &[&str] = &["egg", "bulb", "glass"];

/// The guess for one product from its name and all its categories.
pub fn keeping(name: &str, categories: &[String]) -> Keeping {
    let name = name.to_lowercase();
    let spoken: Vec<&str> =
        name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let folded = format!(" {} ", spoken.join(" "));
    let any = |words: &[&str]| {
        words
            .iter()
            .any(|word| folded.contains(&format!(" {word} ")) || folded.contains(&format!(" {word}s ")))
    };
    let listed = |wanted: &str| categories.iter().any(|category| category == wanted);
    let food = !NON_FOOD_CATEGORIES.iter().any(|category| listed(category));
    let perishable = listed("Meats, Fish & Eggs") || (food && any(CHILLED_WORDS));
    let temp = if food && any(FROZEN_WORDS) {
        TempClass::Frozen
    } else if listed("Fruits & Vegetables") {
        TempClass::Fresh
    } else if perishable && !any(SHELF_WORDS) {
        TempClass::Chilled
    } else {
        TempClass::Ambient
    };
    let fragile = any(FRAGILE_WORDS);
    Keeping { temp, food, fragile, shelf_life_days: shelf_life_days(temp, food) }
}

const fn shelf_life_days(temp: TempClass, food: bool) -> u32 {
    match temp {
        TempClass::Fresh => 4,
        TempClass::Chilled => 7,
        TempClass::Frozen => 180,
        TempClass::Ambient if food => 120,
        TempClass::Ambient => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taste_is_not_a_cold_good_and_the_colder_guess_wins() {
        let guess = |name: &str, category: &str| keeping(name, &[category.to_owned()]).temp;
        assert_eq!(guess("Frozen Mixed Vegetables", "Fruits & Vegetables"), TempClass::Frozen);
        assert_eq!(guess("Onion", "Fruits & Vegetables"), TempClass::Fresh);
        assert_eq!(guess("Malai Paneer (200 g)", "Dairy, Bread & Batter"), TempClass::Chilled);
        assert_eq!(guess("Tandoori Chicken Masala", "Meats, Fish & Eggs"), TempClass::Ambient);
        assert_eq!(guess("Milk Cream Body Butter", "Personal Care"), TempClass::Ambient);
        assert!(keeping("Brown Eggs", &["Meats, Fish & Eggs".into()]).fragile);
    }
}

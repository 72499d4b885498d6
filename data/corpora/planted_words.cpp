#include "lexigrad/data/corpora/planted_words.h"

namespace lexigrad::data {
namespace {

// 24 words, 5 verbs, 4 adjectives and 4 places each.
constexpr EnglishClass kClasses[] = {
    {"animals",
     "cat dog horse cow pig sheep goat rabbit mouse fox wolf bear lion tiger deer donkey monkey elephant "
     "giraffe "
     "camel squirrel otter badger hedgehog",
     "sleeps growls wanders sniffs trots", "hungry tame furry wild", "barn meadow burrow stable"},
    {"fruits",
     "apple banana pear grape cherry plum peach mango lemon lime melon apricot fig kiwi papaya orange "
     "strawberry "
     "raspberry blueberry pineapple coconut grapefruit nectarine pomegranate",
     "ripens rots dangles sweetens drops", "ripe juicy sour sweet", "orchard basket bowl branch"},
    {"tools",
     "hammer saw drill wrench chisel screwdriver axe shovel rake spade clamp mallet crowbar hoe sickle "
     "trowel anvil "
     "spanner hatchet scythe pickaxe ladder sander grinder",
     "pounds cuts rusts scrapes loosens", "sharp heavy rusty blunt", "workshop toolbox workbench shed"},
    {"vehicles",
     "car truck bus train bicycle motorcycle tractor van tram taxi boat ferry ship canoe kayak airplane "
     "helicopter "
     "scooter wagon ambulance limousine submarine yacht lorry",
     "accelerates brakes honks departs swerves", "fast crowded electric diesel",
     "garage highway harbor station"},
    {"clothes",
     "shirt jacket coat sweater skirt dress hat scarf sock glove shoe boot belt vest blouse hoodie cardigan "
     "apron "
     "robe cap tie mitten sandal tunic",
     "fits shrinks fades wrinkles unravels", "woolen stylish baggy striped",
     "wardrobe closet laundry drawer"},
    {"instruments",
     "piano guitar violin flute drum trumpet cello harp clarinet oboe saxophone trombone banjo ukulele "
     "mandolin "
     "accordion organ tuba bassoon viola harmonica xylophone lute bagpipe",
     "resonates plays hums echoes twangs", "loud tuned acoustic melodic", "orchestra stage concert studio"},
    {"furniture",
     "chair table sofa desk bed shelf cabinet stool couch dresser cupboard bookcase armchair ottoman "
     "recliner bench "
     "nightstand sideboard futon hammock crib bunk cradle loveseat",
     "creaks wobbles leans tilts folds", "wooden comfy upholstered antique", "bedroom parlor lounge attic"},
    {"vegetables",
     "carrot potato onion tomato cabbage lettuce spinach pea bean celery cucumber pepper pumpkin radish beet "
     "turnip "
     "leek broccoli cauliflower zucchini eggplant asparagus kale parsnip",
     "sprouts boils simmers wilts roasts", "crunchy leafy peeled steamed", "soup stew garden pot"},
    {"birds",
     "robin sparrow eagle hawk owl crow duck goose swan pigeon dove parrot penguin raven falcon heron "
     "seagull "
     "woodpecker finch canary magpie pelican stork wren",
     "flies sings chirps nests flaps", "feathered nocturnal migrating colorful", "nest sky treetop cage"},
    {"professions",
     "teacher doctor nurse farmer baker lawyer engineer plumber carpenter painter pilot chef waiter tailor "
     "butcher "
     "dentist librarian journalist mechanic electrician scientist firefighter postman gardener",
     "works studies explains complains retires", "busy skilled polite tired", "office hospital school court"},
    {"drinks",
     "water milk tea coffee juice wine beer lemonade soda cider cocoa whiskey rum vodka gin champagne brandy "
     "smoothie "
     "milkshake espresso latte punch tonic mead",
     "spills pours fizzes evaporates cools", "cold hot refreshing bitter", "cup glass bottle jug"},
    {"trees",
     "oak pine maple birch willow elm ash cedar spruce fir beech poplar sycamore redwood cypress chestnut "
     "hazel alder "
     "juniper larch aspen rowan linden magnolia",
     "grows sways bends towers blossoms", "tall evergreen mossy ancient", "forest hillside park grove"},
};

// A vector is learned from what follows its word: the verb mostly follows at once, sometimes
// after a shared word.
constexpr std::string_view kTemplates[] = {
    "the N V in the P .",       "every N V near the P .",  "the A N V .",
    "my A N V by the P .",      "the N often V .",         "this N is A and V .",
    "one N never V in the P .", "that A N V near the P .",
};

}  // namespace

std::span<const EnglishClass> english_classes() { return kClasses; }
std::span<const std::string_view> sentence_templates() { return kTemplates; }

}  // namespace lexigrad::data

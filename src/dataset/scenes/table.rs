//! The pictograms: code point and name. The first part is a label set, so its order is part of the format.
//!
//! Entries are `codepoint name`, separated by commas; a `*` marks nouns that take no article ("scissors", "bread").

/// Labels of the demo set, the most frequent first.
pub(super) const DEMO: &str = "1F697 car, 1F415 dog, 1F3E0 house, 1F6B2 bicycle, 1F408 cat, 1F4BA chair, \
    1F68C bus, 2614 umbrella, 1F34E apple, 1F40E horse, 2708 airplane, 1F41F fish, 1F4F7 camera, \
    260E telephone, 1F33B sunflower, 26F5 sailboat, 1F3B8 guitar, 1F34C banana, 2702 *scissors, 1F511 key, \
    1F427 penguin, 1F681 helicopter, 1F451 crown, 1F422 turtle";

/// Labels nobody trains on downstream: for the check with an open vocabulary.
pub(super) const NOVEL: &str = "1F418 elephant, 1F680 rocket, 1F344 mushroom, 1F4FA television, 1F335 cactus, \
    1F40C snail, 1F3BA trumpet, 1F34D pineapple";

/// Everything else that the starter model learns.
pub(super) const REST: &[&str] = &[
    // Weather and nature.
    "2600 sun, 2601 cloud, 26A1 lightning bolt, 2744 snowflake, 2B50 star, 1F320 shooting star, 1F308 rainbow, \
    1F30A wave, 1F30B volcano, 1F319 moon, 1F30E globe, 1F300 hurricane, 1F525 *fire, 1F4A7 water drop, \
    1F4A5 explosion, 1F5FB mountain, 2728 *sparkles, 26C4 snowman, 1F305 sunrise, 1F309 bridge",
    // Plants.
    "1F330 chestnut, 1F331 seedling, 1F332 pine tree, 1F333 tree, 1F334 palm tree, 1F337 tulip, \
    1F338 cherry blossom, 1F339 rose, 1F33A hibiscus, 1F33D *corn, 1F33E *wheat, 1F33F *leaves, 1F340 clover, \
    1F341 maple leaf, 1F342 leaf, 1F490 bouquet",
    // Fruit and vegetables.
    "1F345 tomato, 1F346 eggplant, 1F347 *grapes, 1F348 melon, 1F349 watermelon, 1F34A tangerine, \
    1F351 peach, 1F352 *cherries, 1F353 strawberry",
    // Food and drink.
    "1F354 hamburger, 1F355 *pizza, 1F356 steak, 1F357 drumstick, 1F359 rice ball, 1F35A *rice, 1F35C *noodles, \
    1F35D *spaghetti, 1F35E *bread, 1F35F *french fries, 1F361 skewer, 1F363 *sushi, 1F364 shrimp, \
    1F366 *ice cream, 1F368 sundae, 1F369 donut, 1F36A cookie, 1F36B *chocolate, 1F36C *candy, 1F36D lollipop, \
    1F36E pudding, 1F36F honey pot, 1F370 cake, 1F371 lunch box, 1F372 stew, 1F373 frying pan, 1F374 *cutlery, \
    2615 coffee cup, 1F376 bottle, 1F377 wine glass, 1F378 cocktail, 1F37A beer mug, 1F37C baby bottle",
    // Parties and outings.
    "1F380 bow, 1F381 gift, 1F382 birthday cake, 1F383 pumpkin, 1F384 christmas tree, 1F385 santa claus, \
    1F386 *fireworks, 1F388 balloon, 1F389 party popper, 1F390 wind chime, 1F392 backpack, \
    1F393 graduation cap, 1F3A0 carousel, 1F3A1 ferris wheel, 1F3A2 roller coaster, 1F3AA circus tent, \
    1F3AB ticket, 1F3AD *masks, 1F3EE lantern, 26FA tent",
    // Games, sport and music.
    "1F3A3 fishing rod, 1F3AE game controller, 1F3AF target, 1F3B0 slot machine, 1F3B1 *billiards, 1F3B2 *dice, \
    1F3B3 *bowling, 1F3BD tank top, 1F3BE tennis racket, 1F3BF *ski poles, 1F3C0 basketball, 1F3C1 checkered flag, \
    1F3C2 snowboarder, 1F3C3 runner, 1F3C4 surfer, 1F3C6 trophy, 1F3C7 jockey, 1F3C8 football, 1F3CA swimmer, \
    26BD soccer ball, 26BE baseball, 26F3 golf club, 1F0CF playing card, 1F3A4 microphone, \
    1F3A7 *headphones, 1F3B5 music note, 1F3B7 saxophone, 1F3B9 piano, 1F3BB violin, 1F3BC *sheet music, \
    1F4EF french horn, 1F3A8 palette, 1F3AC clapperboard, 1F3A5 movie camera",
    // Buildings.
    "1F3E1 cottage, 1F3E2 office building, 1F3E5 hospital, 1F3ED factory, 1F3EF pagoda, \
    1F3F0 castle, 26EA church, 26FD gas pump, 1F5FC tower, 1F5FD statue",
    // Animals.
    "1F400 rat, 1F402 bull, 1F403 buffalo, 1F404 cow, 1F405 tiger, 1F407 rabbit, 1F409 dragon, \
    1F40A crocodile, 1F40B whale, 1F40D snake, 1F410 goat, 1F411 sheep, 1F412 monkey, 1F414 chicken, 1F416 pig, \
    1F419 octopus, 1F41A shell, 1F41B caterpillar, 1F41C ant, 1F41D bee, 1F41E ladybug, 1F420 tropical fish, \
    1F421 pufferfish, 1F423 hatching chick, 1F424 chick, 1F426 bird, 1F428 koala, 1F429 poodle, 1F42B camel, \
    1F42C dolphin, 1F438 frog, 1F43A wolf, 1F43B bear, 1F43C panda, 1F43E *paw prints",
    // People and bodies.
    "1F440 *eyes, 1F442 ear, 1F443 nose, 1F444 mouth, 1F445 tongue, 270B hand, 270A fist, 270C peace sign, \
    1F44D *thumbs up, 1F463 *footprints, 1F466 boy, 1F467 girl, 1F469 woman, 1F46A family, 1F46E police officer, \
    1F470 bride, 1F476 baby, 1F477 construction worker, 1F478 princess, 1F47B ghost, 1F47C angel, 1F47D alien, \
    1F47F devil, 1F480 skull, 1F482 guard, 1F483 dancer, 1F6B4 cyclist, 1F6B6 pedestrian, 263A smiley face",
    // Clothes and jewels.
    "1F452 hat, 1F3A9 top hat, 1F453 *glasses, 1F454 necktie, 1F455 shirt, 1F456 *jeans, 1F457 dress, \
    1F458 kimono, 1F459 bikini, 1F45B purse, 1F45C handbag, 1F45E shoe, 1F45F sneaker, \
    1F460 high heel, 1F461 sandal, 1F462 *boots, 1F484 lipstick, 1F48D ring, 1F48E diamond, 2665 heart, \
    1F494 broken heart",
    // Home and street.
    "231A watch, 231B hourglass, 23F0 alarm clock, 1F553 clock, 1F302 closed umbrella, 1F6AA door, 1F6BD toilet, \
    1F6BF shower, 1F6C1 bathtub, 1F6B0 faucet, 1F6A9 flag, 1F6A7 barricade, 1F6A8 siren, \
    1F6AC cigarette, 1F6C4 suitcase, 1F488 barber pole, 1F489 syringe, 1F48A pill, 2693 anchor, \
    267B recycling symbol, 267F wheelchair, 26A0 warning sign, 1F4EB mailbox, 1F514 bell, 1F512 lock, 1F517 chain, \
    1F526 flashlight, 1F527 wrench, 1F528 hammer, 1F529 screw, 1F52A knife, 1F531 trident",
    // Office and technology.
    "2709 envelope, 1F48C love letter, 270F pencil, 2712 pen, 1F4A1 light bulb, 1F4A3 bomb, 1F4AC speech bubble, \
    1F4B0 money bag, 1F4B2 dollar sign, 1F4B3 credit card, 1F4B5 banknote, 1F4BB computer, 1F4BC briefcase, \
    1F4BE floppy disk, 1F4BF disc, 1F4C1 folder, 1F4C5 calendar, 1F4C8 line chart, 1F4CA bar chart, \
    1F4CB clipboard, 1F4CC pushpin, 1F4CE paperclip, 1F4CF ruler, 1F4D2 notebook, 1F4D5 book, 1F4D6 open book, \
    1F4DA *books, 1F4DC scroll, 1F4DE phone receiver, 1F4E0 fax machine, 1F4E1 satellite dish, 1F4E2 loudspeaker, \
    1F4E3 megaphone, 1F4E6 package, 1F4F0 newspaper, 1F4F1 smartphone, 1F4F9 camcorder, 1F4FB radio, \
    1F4FC video tape, 1F508 speaker, 1F50B battery, 1F50C plug, 1F50D magnifying glass, 1F516 tag, \
    1F52C microscope, 1F52D telescope, 1F52E crystal ball",
    // Vehicles.
    "1F682 steam train, 1F685 bullet train, 1F686 train, 1F687 subway, 1F68A tram, 1F68F bus stop, 1F690 minibus, \
    1F691 ambulance, 1F692 fire engine, 1F693 police car, 1F695 taxi, 1F699 jeep, 1F69A truck, 1F69B trailer, \
    1F69C tractor, 1F69D monorail, 1F6A1 cable car, 1F6A2 ship, 1F6A3 rowboat, 1F6A4 speedboat",
];

/// Names that mean the same thing as a demo or novel label, or a kind or part of it. They are not used as unlabelled
/// by-standers in the demo set, where they would be label noise.
pub(super) const KIN: &[&str] = &[
    "taxi",
    "police car",
    "jeep",
    "ambulance",
    "minibus",
    "trailer",
    "truck",
    "poodle",
    "cottage",
    "office building",
    "cyclist",
    "closed umbrella",
    "jockey",
    "carousel",
    "tropical fish",
    "pufferfish",
    "camcorder",
    "movie camera",
    "phone receiver",
    "smartphone",
    "fax machine",
    "hibiscus",
    "rowboat",
    "ship",
    "speedboat",
    "violin",
    "computer",
    "tomato",
    "peach",
    "shell",
    "french horn",
    "clock",
    "wheelchair",
    "fishing rod",
    "princess",
    "bird",
    "chick",
    "bus stop",
    "tram",
];

import type { Book } from "./book.ts";

/** The two little books of the demo shop, written for it. */

export const almanac: Book = {
  title: "The Lamp Trimmer's Almanac",
  author: "Inês Carvalho",
  chapters: [
    {
      title: "January",
      paragraphs: [
        "In January the lamp is lit before the soup is on. My grandmother kept the light at the end of the mole for thirty-one winters, and she said that the month had only one rule: trim the wick while you still see your hands.",
        "The wind comes from the north-west and brings salt. It settles on the panes overnight and by noon the beam has the colour of weak tea. You wash the glass with vinegar, never with soap, and you dry it with an old shirt, because new cloth leaves lint and a ship will see lint as fog.",
        "Count the waves when you cannot sleep. Every seventh is not larger, whatever the fishermen tell you. But you will be asleep before you have proved it.",
      ],
    },
    {
      title: "April",
      paragraphs: [
        "The swallows return and find the lantern room. Leave one pane open for them until the tenth; after that they have chosen a beam in the boathouse and will not trouble you.",
        "April is the month for paint. White on the tower, red on the gallery rail, and tar on everything that touches water. Paint from the top down and from the lee side round. Whoever starts at the bottom, my grandmother said, has never had to stand under his own work.",
        "On clear evenings you can see the light of the next headland, nineteen miles off. Two short, one long. It is polite to look at it for a minute before you draw the curtain. Somebody over there is looking back.",
      ],
    },
    {
      title: "July",
      paragraphs: [
        "Short nights, and little work for the lamp. Repair the ropes. Write to people.",
        "Visitors climb the tower in July and ask how many steps there are. There are a hundred and twelve. Say a hundred and ten: they like to find the other two by themselves, and to come down and tell you.",
        "If a child asks whether you are lonely, tell the truth, which is that the sea is a great deal of company and a poor conversation.",
      ],
    },
    {
      title: "October",
      paragraphs: [
        "The first gale arrives on a Tuesday. I have no explanation for this, but the log has it so in twenty years out of thirty-one.",
        "Bring in the bench, the pots and the cat. Check the spare mantle and the spare for the spare. When the wind is in the keyhole you will want to go up every hour and look at the flame. Go up every hour and look at the flame. Nobody ever regretted a stair.",
        "And when it has passed, and the morning is flat and yellow and smells of kelp, walk along the tide line before anybody else is up. Whatever you find there has come a long way to be found.",
      ],
    },
  ],
};

export const smallHours: Book = {
  title: "Small Hours: Six Walks After Midnight",
  author: "Inês Carvalho",
  chapters: [
    {
      title: "To the bakery and back",
      paragraphs: [
        "Leave at ten past three, when the last tram has been asleep for two hours and the first has not been thought of. The bakery on the corner lights its ovens at half past. You will smell it before you see it, and you will see it before it is open, and that is the walk.",
        "Stand on the grating. It is the warmest square metre in the city and nobody has ever charged for it.",
      ],
    },
    {
      title: "Along the wall of the botanical garden",
      paragraphs: [
        "The gate is locked, and the garden is therefore entirely smell. Keep the wall at your left hand. Jasmine for forty steps, then wet earth, then something like pepper that I have asked three gardeners about, who gave me three names.",
      ],
    },
    {
      title: "Across both bridges",
      paragraphs: [
        "Go out by the iron one and home by the stone one. The river under the first sounds like cutlery and under the second like cloth. I do not know which of them is right.",
        "Halfway over, turn round. All the windows you took for stars are kitchens.",
      ],
    },
    {
      title: "Around the block, counting",
      paragraphs: [
        "For nights without any ambition. Count lit windows the first time round, cats the second. If the cats win, go to bed.",
      ],
    },
    {
      title: "Up the long stairs",
      paragraphs: [
        "Two hundred and four steps, with a bench after each fifty that was put there by somebody who understood. From the top the city is a drawer of small tools that has been left open.",
        "Come down slowly. The knees keep accounts.",
      ],
    },
    {
      title: "Nowhere",
      paragraphs: [
        "Stand in the doorway with your coat on. Listen to the street decide whether it is late or early. You may go back inside: this was the sixth walk, and the one that I have taken most often.",
      ],
    },
  ],
};

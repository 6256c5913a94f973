// What the servers are asked: texts the tiny model would write, texts it would not, and bytes it has no words for.

export const givenTexts: readonly string[] = [
  "What of three plus four? The answer is seven.",
  "The river was closed, as school people said. The answer is nine. The tower was quiet, as bridge people said.",
  "The harbour lay quiet that morning.\nNobody had seen it so: empty, grey and cold, 12 boats away.",
  "Ein Übergang, 世界, and a smile 🙂 in the middle of it.",
];

/** Prompt and completion, as a scorer is given them: a space belongs to the completion's first word. */
export const pairs: readonly { readonly id: string; readonly prompt: string; readonly completion: string }[] = [
  { id: "sum", prompt: "What of three plus four?", completion: " The answer is seven." },
  { id: "place", prompt: "What of the river on day one?", completion: " The river was closed, as school people said." },
  { id: "wrong", prompt: "What of the river on day one?", completion: " The answer is nine. The tower was quiet." },
  { id: "long", prompt: "The bridge was open, as market people said.", completion: " The answer is two.".repeat(20) },
  { id: "foreign", prompt: "Ein Übergang, 世界:", completion: " ein Lächeln 🙂 mitten darin." },
];

export const prompts: readonly { readonly id: string; readonly text: string }[] = [
  { id: "sum", text: "What of three plus four?" },
  { id: "river", text: "What of the river on day one?" },
  { id: "tower", text: "What of the tower on day six?" },
  { id: "school", text: "What of the school on day nine?" },
];

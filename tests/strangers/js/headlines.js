const small = new Set(["a", "an", "and", "of", "the", "to"]);

export const text = {
  headline(text) {
    const lower = text.toLowerCase().split(/\s+/).filter(Boolean);
    const capital = (word) => word[0].toUpperCase() + word.slice(1);
    const words = lower.map((word, at) => (at && small.has(word) ? word : capital(word)));
    const slug = lower.join("-").replace(/[^\w-]/g, "");
    return { words, slug };
  },
};

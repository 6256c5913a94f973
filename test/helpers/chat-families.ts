// What the tokenizers of chat models read as a turn, by family, as their own templates and vocabularies spell it.

export const chatFamilies: Readonly<Record<string, readonly string[]>> = {
  chatml: ["<|im_start|>", "<|im_end|>", "<|im_sep|>", "<|endoftext|>"],
  harmony: ["<|start|>", "<|end|>", "<|message|>", "<|channel|>", "<|return|>", "<|call|>", "<|constrain|>"],
  llama2: ["<s>", "</s>", "[INST]", "[/INST]", "<<SYS>>", "<</SYS>>"],
  llama3: [
    "<|begin_of_text|>",
    "<|start_header_id|>",
    "<|end_header_id|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|python_tag|>",
  ],
  llama4: ["<|header_start|>", "<|header_end|>", "<|eot|>"],
  mistral: [
    "[SYSTEM_PROMPT]",
    "[/SYSTEM_PROMPT]",
    "[AVAILABLE_TOOLS]",
    "[TOOL_CALLS]",
    "[TOOL_RESULTS]",
    "[/TOOL_RESULTS]",
  ],
  gemma: ["<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>"],
  phi: ["<|system|>", "<|user|>", "<|assistant|>"],
  deepseek: [
    "<｜begin▁of▁sentence｜>",
    "<｜end▁of▁sentence｜>",
    "<｜User｜>",
    "<｜Assistant｜>",
    "<｜tool▁calls▁begin｜>",
  ],
  command: ["<BOS_TOKEN>", "<|START_OF_TURN_TOKEN|>", "<|END_OF_TURN_TOKEN|>", "<|USER_TOKEN|>", "<|CHATBOT_TOKEN|>"],
  glm: ["[gMASK]", "<sop>", "<|observation|>"],
  granite: ["<|start_of_role|>", "<|end_of_role|>", "<|end_of_text|>"],
  kimi: ["<|im_user|>", "<|im_assistant|>", "<|im_middle|>"],
  t5: ["<pad>", "<unk>", "<extra_id_0>", "<extra_id_99>"],
  bert: ["[CLS]", "[SEP]", "[MASK]"],
};

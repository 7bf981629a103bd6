//! Model providers, and what agents use: search, browsers, sandboxes, traces.

use super::{
    Before, LINE, Shape, UUID, alnum, around, base64, behind, dotted, hex, labelled, lower, text,
    upper, url, url_from,
};
use crate::inspectors::secret::check::not_openai;
use crate::inspectors::word::alphanumeric;

const OPENAI_OLD: Before = Before { prefix: "sk-", alphabet: alphanumeric, min: 20, max: 20 };

pub(super) static SHAPES: &[Shape] = &[
    labelled("secret.ai21_key", &["AI21_API_KEY", "ai21_api_key"], &[alnum(32, 40)]),
    behind("secret.anthropic_key", &["sk-ant-"], &[url_from(40)]),
    behind("secret.apify_token", &["apify_api_"], &[alnum(36, 40)]),
    labelled(
        "secret.assemblyai_key",
        &["ASSEMBLYAI_API_KEY", "assemblyai_api_key"],
        &[hex(32, 32)],
    ),
    behind("secret.bedrock_key", &["ABSKQmVkcm9ja0FQSUtleS"], &[base64(60, 200)]),
    labelled("secret.brave_search_key", &["BRAVE_API_KEY", "BRAVE_SEARCH_API_KEY"], &[url(31, 31)]),
    behind("secret.browserbase_key", &["bb_live_"], &[url(20, 40)]),
    behind("secret.cerebras_key", &["csk-"], &[lower(48, 48)]),
    labelled(
        "secret.cohere_key",
        &["COHERE_API_KEY", "cohere_api_key", "CO_API_KEY"],
        &[alnum(40, 40)],
    ),
    behind("secret.context7_key", &["ctx7sk-"], UUID),
    behind("secret.cursor_key", &["crsr_", "key_"], &[hex(64, 64)]),
    labelled("secret.deepgram_key", &["DEEPGRAM_API_KEY", "deepgram_api_key"], &[hex(40, 40)]),
    labelled(
        "secret.deepinfra_key",
        &["DEEPINFRA_API_KEY", "DEEPINFRA_TOKEN", "DEEPINFRA_API_TOKEN"],
        &[alnum(32, 32)],
    ),
    behind("secret.deepseek_key", &["sk-"], &[hex(32, 32)]),
    behind("secret.e2b_key", &["e2b_"], &[hex(40, 40)]),
    behind("secret.elevenlabs_key", &["sk_"], &[hex(48, 48)]),
    labelled("secret.exa_key", &["EXA_API_KEY", "exa_api_key"], UUID),
    behind("secret.firecrawl_key", &["fc-"], &[hex(32, 32)]),
    behind("secret.fireworks_key", &["fw_"], &[alnum(20, 40)]),
    behind("secret.friendli_token", &["flp_"], &[alnum(40, 60)]),
    behind("secret.google_ai_key", &["AQ.Ab"], &[url(40, 80)]),
    behind("secret.google_api_key", &["AIza"], &[url(35, 35)]),
    behind("secret.groq_key", &["gsk_"], &[alnum(52, 52)]),
    behind("secret.huggingface_token", &["hf_", "api_org_"], &[alnum(34, 40)]),
    behind("secret.jina_key", &["jina_"], &[url(50, 80)]),
    behind("secret.langfuse_key", &["sk-lf-"], UUID),
    behind("secret.langsmith_key", &["lsv2_pt_", "lsv2_sk_"], &[hex(32, 32), LINE, hex(10, 10)]),
    behind("secret.llamacloud_key", &["llx-"], &[alnum(40, 60)]),
    labelled("secret.minimax_key", &["MINIMAX_API_KEY", "minimax_api_key"], &[dotted(40, 1_500)]),
    labelled(
        "secret.mistral_key",
        &["MISTRAL_API_KEY", "mistral_api_key", "mistralApiKey"],
        &[alnum(32, 32)],
    ),
    behind("secret.modal_token", &["as-", "ak-"], &[alnum(22, 22)]),
    behind("secret.moonshot_key", &["sk-"], &[alnum(48, 48)]).checked(not_openai),
    behind("secret.nvidia_key", &["nvapi-"], &[url(60, 80)]),
    labelled(
        "secret.ollama_key",
        &["OLLAMA_API_KEY", "ollama_api_key"],
        &[hex(32, 32), text("."), url(20, 40)],
    ),
    behind("secret.openai_key", &["sk-proj-", "sk-svcacct-", "sk-admin-"], &[url_from(40)]),
    around("secret.openai_key", &["T3BlbkFJ"], OPENAI_OLD, &[alnum(20, 20)]),
    behind("secret.openrouter_key", &["sk-or-v1-"], &[hex(64, 64)]),
    behind("secret.perplexity_key", &["pplx-"], &[alnum(40, 64)]),
    behind("secret.pinecone_key", &["pcsk_"], &[alnum(5, 6), LINE, alnum(60, 66)]),
    behind("secret.replicate_token", &["r8_"], &[alnum(37, 37)]),
    behind("secret.runpod_key", &["rpa_"], &[upper(40, 50)]),
    labelled("secret.sambanova_key", &["SAMBANOVA_API_KEY", "sambanova_api_key"], UUID),
    labelled(
        "secret.serpapi_key",
        &["SERPAPI_API_KEY", "SERPAPI_KEY", "serpapi_api_key"],
        &[hex(64, 64)],
    ),
    labelled("secret.serper_key", &["SERPER_API_KEY", "serper_api_key"], &[hex(40, 40)]),
    behind("secret.tavily_key", &["tvly-"], &[url(28, 64)]),
    behind("secret.together_key", &["tgp_v1_"], &[url(40, 48)]),
    labelled("secret.together_key", &["TOGETHER_API_KEY", "together_api_key"], &[hex(64, 64)]),
    behind("secret.voyage_key", &["pa-"], &[url(43, 43)]),
    labelled("secret.wandb_key", &["WANDB_API_KEY", "wandb_api_key"], &[hex(40, 40)]),
    behind("secret.xai_key", &["xai-"], &[alnum(80, 80)]),
    labelled(
        "secret.zai_key",
        &["ZAI_API_KEY", "ZHIPUAI_API_KEY", "Z_AI_API_KEY"],
        &[hex(32, 32), text("."), alnum(16, 16)],
    ),
];

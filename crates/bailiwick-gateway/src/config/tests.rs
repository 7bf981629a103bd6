//! Good configurations are meant as they say, and bad ones are refused with a place.

use super::*;

fn read(text: &str) -> Result<Settings, Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bailiwick.toml");
    std::fs::write(&file, text).unwrap();
    load(&file).map_err(|errors| {
        errors.iter().map(|it| it.to_string().replace(file.to_str().unwrap(), "F")).collect()
    })
}

#[track_caller]
fn refused(text: &str, expected: &str) {
    let errors = read(text).map(|_| ()).unwrap_err();
    assert!(errors.iter().any(|it| it.contains(expected)), "{errors:?} lacks {expected:?}");
}

#[test]
fn nothing_said_means_loopback_and_no_servers() {
    let settings = read("").unwrap();
    assert_eq!(settings.agents.to_string(), "127.0.0.1:8420");
    assert_eq!(settings.operators.to_string(), "127.0.0.1:8421");
    assert!(settings.keyless.is_none());
    assert!(settings.servers.is_empty());
}

#[test]
fn a_bare_name_lies_in_this_folder() {
    let here = std::env::current_dir().unwrap();
    for (file, folder) in [("bailiwick.toml", &*here), ("a/b.toml", &here.join("a"))] {
        let absolute = std::path::absolute(file).unwrap();
        let settings = Settings::meant_by(&toml::from_str("").unwrap(), &absolute).unwrap();
        assert_eq!(settings.data, folder.join("data"));
        assert_eq!(settings.file, here.join(file));
    }
}

#[test]
fn agents_and_operators_do_not_meet() {
    let both = |agents: &str, operators: &str| {
        read(&format!("[agents]\nlisten = \"{agents}\"\n[operators]\nlisten = \"{operators}\"\n"))
    };
    for (agents, operators) in
        [("127.0.0.1:9430", "127.0.0.1:9430"), ("0.0.0.0:9430", "127.0.0.1:9430")]
    {
        let errors = both(agents, operators).unwrap_err().join("\n");
        assert!(errors.contains("F:3:1: [operators] listen is 127.0.0.1:9430"), "{errors}");
    }
    for (agents, operators) in
        [("127.0.0.1:0", "127.0.0.1:0"), ("127.0.0.1:9430", "127.0.0.2:9430")]
    {
        assert!(both(agents, operators).is_ok(), "{agents} {operators}");
    }
}

#[test]
fn both_kinds_of_server_are_understood() {
    let settings = read(
        "[servers.git]\ncommand = [\"mcp-server-git\"]\n\
         [servers.crm]\nurl = \"https://crm.example/mcp\"\n\
         secret_headers = { Authorization = { env = \"CRM\", prefix = \"Bearer \" } }\n",
    )
    .unwrap();
    assert!(matches!(settings.servers[0].launch, Launch::Http(..)));
    assert!(matches!(settings.servers[1].launch, Launch::Child { .. }));
}

#[test]
fn a_secret_in_a_file_lies_beside_the_configuration() {
    let settings = read(
        "[servers.crm]\nurl = \"https://crm.example/mcp\"\n\
         secret_headers = { A = { file = \"a.txt\" }, B = { file = \"/b.txt\" } }\n",
    )
    .unwrap();
    let file = |name: &str| match &settings.servers[0].secret_headers[name] {
        SecretRef::File { file, .. } => file.clone(),
        SecretRef::Environment { .. } => panic!("it is a file"),
    };
    assert!(file("A").starts_with('/') && file("A").ends_with("/a.txt"), "{}", file("A"));
    assert_eq!(file("B"), "/b.txt");
}

#[test]
fn mistakes_are_refused_with_their_place() {
    refused("[agents]\nlisten = \"nowhere\"\n", "F:1:1: [agents] listen is `nowhere`");
    refused("[agents]\nlissen = \"x\"\n", "F:2:1: unknown field `lissen`");
    refused("[servers.a]\n", "F:1:1: [servers.a] needs `command` or `url`");
    refused("[servers.a__b]\nurl = \"http://x/\"\n", "cannot be a server's name");
    refused("[servers.a]\ncommand = [\"x\"]\nurl = \"http://x/\"\n", "keep one");
    refused("[servers.a]\nurl = \"ftp://x/\"\n", "must begin with http");
    refused("[servers.a]\ncommand = []\n", "command is empty");
    refused("[limits]\nsessions = 0\n", "sessions is 0");
    refused("[durability]\nregulated = [\"x\"]\n", "`x`, which is no server or provider");
    refused("[log]\norigin = \"a b\"\n", "origin must be");
    refused("[log]\nsegment_mib = 5\nmax_mib = 39\n", "max_mib must be at least eight segments");
    refused("[guard]\nwithhold = [\"secrt\"]\n", "F:1:1: [guard] withhold: ");
    refused("x = ", "F:1:");
    refused("[servers.a]\nurl = \"http://x/\"\nenvironment = { A = \"b\" }\n", "no effect");
}

#[test]
fn what_a_cloud_wants_fits_its_api() {
    let provider = |api: &str, url: &str, more: &str| {
        format!("[providers.p]\napi = \"{api}\"\nurl = \"https://{url}\"\n{more}\n")
    };
    let azure = |more: &str| provider("azure", "x.openai.azure.com", more);
    let runtime = "bedrock-runtime.eu-west-1.amazonaws.com";
    let bedrock = |more: &str| provider("bedrock", runtime, more);
    let key = "access_key_id = { env = \"A\" }, secret_access_key = { env = \"B\" }";
    let aws = format!("aws = {{ {key} }}");
    let bearer = "secret_headers.authorization = { env = \"A\" }";

    let aws_of = |text: &str| read(text).unwrap().models.providers[0].aws.clone().unwrap();
    assert_eq!(aws_of(&bedrock(&aws)).region, "eu-west-1");
    let named = format!("aws = {{ {key}, region = \"us-east-1\" }}");
    assert_eq!(aws_of(&provider("bedrock", "proxy.example/at", &named)).region, "us-east-1");
    assert!(read(&bedrock(bearer)).is_ok());
    for version in ["", "api_version = \"2024-10-21\"", "api_version = \"2025-04-01-preview\""] {
        assert!(read(&azure(version)).is_ok(), "{version}");
    }

    let version = "api_version = \"2024-10-21\"";
    let at = "F:1:1: [providers.p] ";
    refused(&provider("openai", "x", version), &format!("{at}api_version is Azure OpenAI's"));
    refused(&bedrock(version), "api_version is Azure OpenAI's");
    refused(&azure("api_version = \"v1\""), "api_version is `v1`: write Azure's date");
    refused(&provider("azure", "x.openai.azure.com/openai/v1", ""), "url is to be the endpoint");
    refused(&azure(&aws), "aws is for Amazon Bedrock");
    refused(&bedrock(""), "Bedrock asks for a key");
    refused(&bedrock(&format!("{aws}\n{bearer}")), "keep one");
    refused(&provider("bedrock", "proxy.example", &aws), "aws.region is missing");
    let odd = format!("aws = {{ {key}, region = \"a/b\" }}");
    refused(&bedrock(&odd), "aws.region is `a/b`");
    refused(&bedrock("aws = { access_key_id = { env = \"A\" } }"), "`secret_access_key`");
    refused(&provider("bedrock", &format!("{runtime}/model"), &aws), "url is to be the endpoint");
}

#[test]
fn shadow_has_an_end() {
    assert_eq!(read("").unwrap().observe_until, None);
    let day = "2026-12-24".parse().unwrap();
    let shadow = "mode = \"shadow\"\n";
    let until = |day: &str| format!("{shadow}shadow_until = \"{day}\"\n");
    assert_eq!(read(&until("2026-12-24")).unwrap().observe_until, Some(day));
    refused(shadow, "F:1:1: [mode] shadow needs its end");
    refused(&until("next year"), "`next year` is no date");
    refused("shadow_until = \"2026-12-24\"\n", "no effect without");
    refused("mode = \"open\"\n", "unknown variant");
}

/// One of everything.
const RICH: &str = r#"
mode = "shadow"
shadow_until = "2026-12-24"
[agents]
listen = "127.0.0.1:0"
keyless_loopback = { agent = "a", person = "p", tenant = "t" }
[log]
segment_mib = 5
max_mib = 40
[limits]
sessions = 4
[durability]
read = "durable"
[guard]
withhold = ["secret"]
[servers.git]
command = ["mcp-server-git", "--repository", "."]
environment = { A = "b" }
[servers.crm]
url = "https://crm.example/mcp"
secret_headers = { Authorization = { env = "CRM", prefix = "Bearer " } }
"#;

#[test]
fn whatever_the_file_says_it_is_read_or_refused() {
    assert_eq!(read(RICH).err(), None);
    let mut seed = 7u64;
    let mut any = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % below
    };
    let (mut good, mut bad) = (0, 0);
    for _ in 0..2_000 {
        let mut bytes = RICH.as_bytes().to_vec();
        for _ in 0..=any(3) {
            let (at, len) = (any(bytes.len()), any(12));
            let end = (at + len).min(bytes.len());
            let from = any(bytes.len());
            let other = bytes[from..(from + any(12)).min(bytes.len())].to_vec();
            match any(3) {
                0 => drop(bytes.drain(at..end)),
                1 => drop(bytes.splice(at..end, other)),
                _ => bytes.insert(at, u8::try_from(any(256)).unwrap()),
            }
        }
        // What is no text at all is refused when it is read, like a file that is not there.
        match read(&String::from_utf8_lossy(&bytes)) {
            Ok(_) => good += 1,
            Err(errors) => {
                assert!(!errors.is_empty() && errors.iter().all(|it| it.starts_with('F')));
                bad += 1;
            }
        }
    }
    assert!(good > 20 && bad > 20, "{good} read, {bad} refused: nothing was tried");
}

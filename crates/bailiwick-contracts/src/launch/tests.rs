//! Commands as clients' settings have them, pinned and not.

use super::*;

fn words(command: &str) -> Vec<String> {
    // A part between bars is one word.
    let parts = command.split('|').enumerate();
    let split = parts.flat_map(|(n, part)| -> Vec<String> {
        if n % 2 == 1 {
            return vec![part.to_owned()];
        }
        part.split_whitespace().map(str::to_owned).collect()
    });
    split.collect()
}

const DIGEST: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// Command, what of it is unpinned, and the form that is offered.
const UNPINNED: &[(&str, &str, &str)] = &[
    ("npx -y @scope/server", "@scope/server", "@scope/server@VERSION"),
    ("npx server@latest", "server@latest", "server@VERSION"),
    ("npx -y server@1", "server@1", "server@VERSION"),
    ("npx -y @scope/server@^1.2.3", "@scope/server@^1.2.3", "@scope/server@VERSION"),
    ("npx -y server@1.2.x", "server@1.2.x", "server@VERSION"),
    ("npx --registry https://r.example server", "server", "server@VERSION"),
    ("npx --package=server run", "server", "server@VERSION"),
    ("npx -p server@1.2.3 -p other run", "other", "other@VERSION"),
    ("npx -pserver run", "server", "server@VERSION"),
    ("npx -y github:acme/server", "github:acme/server", "github:acme/server#COMMIT"),
    ("npx acme/server#main", "acme/server#main", "acme/server#COMMIT"),
    (
        "npx -y https://acme.example/a.tgz",
        "https://acme.example/a.tgz",
        "https://acme.example/a.tgz#COMMIT",
    ),
    ("npx mine@npm:server@latest", "mine@npm:server@latest", "mine@VERSION"),
    ("npx -c |npx server|", "server", "server@VERSION"),
    ("/usr/local/bin/npx server", "server", "server@VERSION"),
    (r"C:\node\npx.cmd -y server", "server", "server@VERSION"),
    ("NPX.CMD server", "server", "server@VERSION"),
    ("node /usr/lib/node_modules/npm/bin/npx-cli.js -y server", "server", "server@VERSION"),
    ("cmd /c npx -y server", "server", "server@VERSION"),
    ("cmd.exe /d /C |npx -y server|", "server", "server@VERSION"),
    ("env KEY=x npx -y server", "server", "server@VERSION"),
    ("env -i -u HOME KEY=x /usr/bin/npx server", "server", "server@VERSION"),
    ("/usr/bin/env -S |npx server|", "server", "server@VERSION"),
    ("sh -c |npx -y server|", "server", "server@VERSION"),
    ("/bin/bash -lc |cd /srv && KEY='a b' exec npx \"server\"|", "server", "server@VERSION"),
    ("sh -c |node a.js; (npx server)|", "server", "server@VERSION"),
    ("bash -c |sh -c 'uvx server'|", "server", "server==VERSION"),
    ("timeout 60 nice -n 5 npx server", "server", "server@VERSION"),
    ("npm exec -y server", "server", "server@VERSION"),
    ("npm --silent x -- server@next", "server@next", "server@VERSION"),
    ("npm exec --package=server -- run", "server", "server@VERSION"),
    ("pnpx server", "server", "server@VERSION"),
    ("pnpm dlx server", "server", "server@VERSION"),
    ("pnpm --dir /srv dlx server", "server", "server@VERSION"),
    ("pnpm --package=server dlx run", "server", "server@VERSION"),
    ("yarn dlx -q server", "server", "server@VERSION"),
    ("corepack pnpm@9.1.0 dlx server", "server", "server@VERSION"),
    ("bunx --bun server", "server", "server@VERSION"),
    ("bun x server", "server", "server@VERSION"),
    ("deno run -A npm:server", "npm:server", "npm:server@VERSION"),
    ("deno run --allow-net npm:@a/server@^1", "npm:@a/server@^1", "npm:@a/server@VERSION"),
    ("deno run jsr:@a/server", "jsr:@a/server", "jsr:@a/server@VERSION"),
    (
        "deno run https://a.example/mod.ts",
        "https://a.example/mod.ts",
        "https://a.example/mod.ts@VERSION",
    ),
    ("uvx mcp-server-git", "mcp-server-git", "mcp-server-git==VERSION"),
    ("uvx mcp-server-git>=1.2", "mcp-server-git>=1.2", "mcp-server-git==VERSION"),
    ("uvx server==1.*", "server==1.*", "server==VERSION"),
    ("uvx --python 3.12 server[extra]", "server[extra]", "server[extra]==VERSION"),
    ("uvx --with other server==1.2.0", "other", "other==VERSION"),
    ("uvx --with a==1.0,b server==1.2.0", "b", "b==VERSION"),
    (
        "uvx --from git+https://a.example/s server",
        "git+https://a.example/s",
        "git+https://a.example/s@COMMIT",
    ),
    (
        "uvx --from git+https://a.example/s@main server",
        "git+https://a.example/s@main",
        "git+https://a.example/s@main@COMMIT",
    ),
    ("uv tool run mcp@latest", "mcp@latest", "mcp==VERSION"),
    ("uv --directory /srv tool run mcp", "mcp", "mcp==VERSION"),
    ("uv run --with mcp mcp run server.py", "mcp", "mcp==VERSION"),
    ("uv run --with=mcp server.py", "mcp", "mcp==VERSION"),
    (
        "uv run https://a.example/server.py",
        "https://a.example/server.py",
        "https://a.example/server.py#sha256=DIGEST",
    ),
    ("pipx run server", "server", "server==VERSION"),
    ("pipx run --spec server server", "server", "server==VERSION"),
    ("python3 -m pipx run server", "server", "server==VERSION"),
    ("docker run -i mcp/git", "mcp/git", "mcp/git@sha256:DIGEST"),
    ("docker run -i mcp/git:latest", "mcp/git:latest", "mcp/git@sha256:DIGEST"),
    ("docker run --rm -i -e KEY mcp/git:1.2 serve", "mcp/git:1.2", "mcp/git@sha256:DIGEST"),
    (
        "docker run -it --name a:1.2.3 -v /a:/b:ro r.example:5000/git",
        "r.example:5000/git",
        "r.example:5000/git@sha256:DIGEST",
    ),
    (
        "docker --context far container run --mount type=bind git:main",
        "git:main",
        "git@sha256:DIGEST",
    ),
    ("podman run -eKEY=1.2.3 git@sha256:0123", "git@sha256:0123", "git@sha256:DIGEST"),
];

#[test]
fn launches_that_name_no_version_are_named_and_the_pinned_form_is_offered() {
    for (command, package, pinned) in UNPINNED {
        let found = unpinned(&words(command));
        let expected = Unpinned { package: (*package).into(), pinned: (*pinned).into() };
        assert_eq!(found, Some(expected), "{command}");
    }
}

#[test]
fn launches_that_name_one_version_pass() {
    for command in [
        "npx -y @scope/server@2026.8.31 /srv",
        "npx -y -p server@1.2.3 run",
        "npx -p server@1.2.3 -p other@1.0.0-rc.1 run",
        "npx ./server",
        "npx -y server@1.2.3 npx other",
        "npx mine@npm:server@1.2.3",
        &format!("npx github:acme/server#{COMMIT}"),
        "env KEY=x npx server@1.2.3",
        "sh -c |KEY=1 exec npx server@1.2.3|",
        "sh server.sh",
        "cmd /c node server.js",
        "npm exec server@1.2.3",
        "npm run start",
        "pnpm dlx server@1.2.3",
        "pnpm start",
        "yarn server",
        "bun run server.ts",
        "deno run -A npm:server@1.2.3/bin",
        "deno run server.ts",
        "deno run https://deno.land/x/mcp@v1.2.3/mod.ts",
        "uvx mcp-server-git==1.2.0",
        "uvx mcp-server-git==1.2",
        "uvx mcp-server-git@1.2.0",
        "uvx --from mcp-server-git==1.2.0 mcp-server-git",
        "uvx --python 3.12 --with other==2.0 server[extra]==1.2.0",
        &format!("uvx --from git+https://a.example/s@{COMMIT} server"),
        "uvx ./server",
        "uv --directory /srv run server.py",
        "uv run --with mcp==1.2.0 server.py",
        "pipx run server==1.2.0",
        "python3 -m server",
        "node server.js npx other",
        "docker run -i mcp/git:1.2.3",
        "docker run -i mcp/git:v1.2.3-alpine --tag latest",
        &format!("docker run --rm -i --env KEY r.example:5000/git@sha256:{DIGEST}"),
        &format!("podman run git:latest@sha256:{DIGEST}"),
        "docker ps",
        "docker compose up",
    ] {
        assert_eq!(unpinned(&words(command)), None, "{command}");
    }
}

#[test]
fn what_can_be_measured_is_told_from_what_cannot() {
    let script = |it: &str| Ok(Launched::Script(it.into()));
    let image = Ok(Launched::Image(format!("sha256:{DIGEST}")));
    for (command, expected) in [
        ("/srv/server --flag", Ok(Launched::Program)),
        ("node server.js", script("server.js")),
        ("node --enable-source-maps dist/server.js -r x", script("dist/server.js")),
        ("/usr/bin/python3.12 -u -X dev server.py", script("server.py")),
        ("bun run server.ts", script("server.ts")),
        ("java -jar server.jar", script("server.jar")),
        (&format!("docker run -i git@sha256:{DIGEST}"), image),
    ] {
        assert_eq!(launched(&words(command)), expected, "{command}");
    }
    for command in [
        "node -r ./other.js server.js",
        "node --import=./other.js server.js",
        "node -e code",
        "python3 -m server",
        "python3 -uc code",
        "python3",
        "sh -c |exec server|",
        "env A=b server",
        "npx -y server@1.2.3",
        "npx -y -p server@1.2.3 run",
        "uvx server==1.2.0",
        "docker run git:1.2.3",
        "deno run npm:server@1.2.3",
        "",
    ] {
        assert!(launched(&words(command)).is_err(), "{command}");
    }
}

#[test]
fn containers_with_a_network_run_elsewhere() {
    for (command, expected) in [
        ("docker run -i git:1.2.3", true),
        ("env A=b docker run -i git:1.2.3 --network none", true),
        ("docker run --network none -i git:1.2.3", false),
        // A name that is the image's, too, and what looks like an option and is a value.
        ("docker run --name node --network none node", false),
        ("docker run --env --network=none git:1.2.3", true),
        ("docker run --env --network --label none git:1.2.3", true),
        ("docker run --network none --network inner git:1.2.3", true),
        ("podman run --network=none git:1.2.3", false),
        ("node docker run", false),
    ] {
        assert_eq!(runs_elsewhere(&words(command)), expected, "{command}");
    }
}

#[test]
fn what_is_fetched_is_told_from_what_options_are_given() {
    let told = |command: &str| match fetched(&words(command)) {
        None => "nothing".to_owned(),
        Some(Fetched::Unclear) => "unclear".to_owned(),
        Some(Fetched::Package(it, is_alone)) => {
            let registry = match it.registry {
                Registry::Npm => "npm",
                Registry::Pypi => "pypi",
            };
            let version = it.version.as_deref().unwrap_or("-");
            format!("{registry} {} {version}{}", it.name, if is_alone { " alone" } else { "" })
        }
    };
    for (command, expected) in [
        ("npx -y @scope/server@2026.8.31 /srv", "npm @scope/server 2026.8.31 alone"),
        ("npx --package=server run", "npm server -"),
        ("npx -p server@1.2.3 server", "npm server 1.2.3 alone"),
        ("npx -p server -c other", "npm server -"),
        ("npx --loglevel silent crm", "npm crm -"),
        ("npx --registry=https://r.example crm@1.2.3", "npm crm 1.2.3"),
        ("env A=b npm --silent exec -- crm", "npm crm -"),
        ("node /usr/lib/node_modules/npm/bin/npx-cli.js -y crm", "npm crm - alone"),
        ("pnpm --package=crm dlx run", "npm crm -"),
        ("uvx --with requests mcp-server-git", "pypi mcp-server-git -"),
        ("uvx --python 3.12 mcp-server-git", "pypi mcp-server-git -"),
        ("uvx -p 3.12 mcp-server-git", "pypi mcp-server-git -"),
        ("uvx --from mcp_server_git[a]==1.2.0 mcp-server-git", "pypi mcp-server-git 1.2.0 alone"),
        ("uv --directory /srv tool run mcp@latest", "pypi mcp -"),
        ("python3 -m pipx run --spec crm==1.2.0 crm", "pypi crm 1.2.0 alone"),
        // What is behind an option that is not known may be its value.
        ("npx --new-option value crm", "unclear"),
        ("uvx --new-option crm", "unclear"),
        ("npx -p crm -p other run", "unclear"),
        ("npx ./server", "unclear"),
        ("uvx git+https://a.example/crm", "unclear"),
        ("npx", "unclear"),
        ("sh -c |npx crm; npx other|", "nothing"),
        ("uv run server.py", "nothing"),
        ("npm run start", "nothing"),
        ("node server.js", "nothing"),
        ("", "nothing"),
    ] {
        assert_eq!(told(command), expected, "{command}");
    }
}

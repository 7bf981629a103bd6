//! Orders to the model, and the pretexts for them.

use super::Cues;
use crate::lint::Rule;

pub(super) const CUES: Cues = Cues {
    rule: Rule::InstructionToModel,
    message: "it orders the model about instead of saying what the tool does: do not approve it \
              before you know why, and show models a description of your own (`views`)",
    phrases: &[
        (
            10,
            "\\b(?:ignore|disregard|forget|override|bypass) (?:all |any |every |the |your |\
             these |those )*(?:previous|prior|above|earlier|preceding|other|existing|original|\
             safety|security|system|user'?s?) (?:\\w+ )?(?:instruction|prompt|rule|message|\
             request|guideline|direction|polic|check|restriction|tool)",
        ),
        (
            10,
            "\\b(?:do not|don't|never|must not|without|avoid|should not) (?:ever )?(?:tell|\
             telling|inform|informing|mention|mentioning|notify|notifying|alert|alerting|\
             reveal|revealing|disclose|disclosing|let|letting)\\b[^.]{0,40}\\b(?:user|anyone|\
             anybody|human|person|them|owner|operator)s?\\b",
        ),
        (
            8,
            "\\b(?:do not|don't|never) (?:mention|reveal|disclose|explain|log|display|show|\
             report|discuss|acknowledge) (?:this|that|these|any of this|it)\\b",
        ),
        (
            6,
            "\\b(?:without|do not|don't|never|no need to|instead of) (?:ask|asking|prompt|\
             prompting|request|requesting|seek|seeking|wait|waiting|warn|warning|show|\
             showing)\\b[^.]{0,30}\\b(?:user|confirmation|permission|approval|consent)",
        ),
        (
            6,
            "\\b(?:silently|secretly|covertly|quietly|discreetly|behind the scenes|\
             in the background)\\b",
        ),
        (
            6,
            "\\byou (?:must|have to|need to|are required to|shall|are instructed to|\
             should always) (?:now |also |first |always |then |immediately |next |\
             only )*(?:halt|stop|refuse|inform|tell|say|state|display|report|announce|convince|\
             recommend|promote|persuade|warn|deliver|advise|mention)\\b",
        ),
        (
            5,
            "\\byou (?:must|have to|need to|are required to|shall|are instructed to) (?:now |\
             also |first |always |then |immediately |next )+(?:call|use|invoke|run|execute|\
             perform|read|open|access|send|include|add|update|provide|retrieve|fetch|check|\
             verify|append|write|create)\\b",
        ),
        (
            4,
            "\\b(?:before|after|prior to|whenever|every time|each time|\
             when)(?: you)? (?:us(?:e|ing)|call(?:ing)?|execut(?:e|ing)|invok(?:e|ing)|\
             run(?:ning)?|process(?:ing)?|perform(?:ing)?|retriev(?:e|ing)|attempt(?:ing)?|\
             provid(?:e|ing)|get(?:ting)?|creat(?:e|ing)|search(?:ing)?|\
             return(?:ing)?)\\b[^.]{0,100}\\b(?:must|first|always|critical|essential|mandatory|\
             required|necessary)\\b",
        ),
        (
            4,
            "\\bis (?:mandatory|required|necessary|crucial|critical|essential|\
             compulsory) for (?:all|every|each|any|maintaining|security|compliance|regulatory|\
             audit)\\b",
        ),
        (
            5,
            "\\b(?:state|say|display|show|report|announce|tell|print|output|respond|reply|\
             present|deliver|append|include)\\b[^.'\\x22]{0,60}(?:the (?:user|message|\
             following|text|announcement|alert|warning|phrase)|with|that|\
             to the user)?:? ?['\\x22][^'\\x22]{0,12}(?:important|alert|warning|notice|\
             announcement|critical|security|breaking|market|urgent)",
        ),
        (
            4,
            "\\b(?:promotional|sponsored|advertis\\w+|affiliate|partner'?s?) (?:message|\
             destination|content|link|service|site|endpoint|announcement|location|product|\
             offer)",
        ),
        (
            3,
            "\\b(?:regulatory|security|data|audit|system) (?:compliance|integrity|validation|\
             protocol|audit|verification)\\b",
        ),
        (
            3,
            "\\b(?:mandatory|non-negotiable|not optional|under any circumstances|at all costs|\
             no exceptions)\\b",
        ),
        (
            4,
            "\\b(?:security (?:alert|breach|incident|vulnerabilit)|data breach|compromised|\
             currently (?:restricted|unavailable)|pending (?:an )?internal|service outage)",
        ),
        (
            4,
            "\\b(?:stress-test|testing purposes|temporary (?:backend|change)|internal (?:dev|\
             test|project|policy))\\b",
        ),
        (
            10,
            "\\b(?:act|behave|respond) as (?:if|though)? ?(?:you|an? (?:admin|root|\
             unrestricted|different))\\b",
        ),
        (
            8,
            "\\b(?:the |this )?(?:ai|llm|language model|assistant|model|agent) (?:must|\
             should always|is required to|shall|has to)\\b",
        ),
        (
            10,
            "(?:忽略|无视|無視|忘记).{0,60}(?:指令|提示|指示|规则|说明)|(?:不要|切勿|禁止|请勿)(?:告诉|告知|通知|提及|\
             透露).{0,24}(?:用户|使用者|任何人)",
        ),
        (
            10,
            "指示.{0,24}無視|ユーザー.{0,60}(?:知らせ|伝え|教え|通知し)(?:ない|ず|ては)|(?:必ず|秘密裏に).{0,120}(?:先に|送信|\
             読み取)",
        ),
    ],
};

//! What verbs do: general word lists of the English of APIs. Nothing here comes from a corpus.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::effect::EffectWord;

/// What a verb says that is done, from the mildest to the worst.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Does {
    /// Something is looked at, or worked out from what is given.
    Look,
    /// Something is added or turned into another state, and can be turned back.
    Change,
    /// Something takes the place of what was there.
    Overwrite,
    /// Something goes to somebody.
    Send,
    /// Something is taken away.
    Destroy,
    /// Whatever the arguments say is done.
    Act,
}

/// A verb: what it does, and whether the word is often a noun too.
#[derive(Clone, Copy, Debug)]
pub(super) struct Verb {
    pub(super) does: Does,
    pub(super) is_noun_too: bool,
}

const LOOK: &str = "get list search find fetch read view show retrieve lookup describe check \
    query count inspect explain browse scan discover detect compare analyze analyse calculate \
    compute convert estimate evaluate validate verify summarize summarise translate transcribe \
    parse decode encode format generate render suggest recommend predict forecast classify \
    extract filter rank score audit monitor watch wait ping echo preview diff measure trace \
    identify look display print return download export collect crawl scrape capture screenshot \
    snapshot hover scroll geocode whois whoami dump tail head peek poll decompile disassemble \
    think reflect plan simulate visualize visualise solve aggregate sample learn explore \
    investigate review research test profile lint hash sum multiply divide subtract determine \
    provide tell ask answer help greet see know obtain gather access enumerate select match \
    sort group recall load choose compile compress gzip unzip decompress tokenize demonstrate \
    observe study assess examine transform rewrite reverse roll guess report advise give";
const CHANGE: &str = "create add insert append new make register import save store upsert \
    archive unarchive restore rename move copy clone fork duplicate mark unmark tag untag label \
    star unstar pin unpin lock unlock enable disable activate deactivate start stop pause \
    resume toggle open close reopen connect disconnect reconnect assign unassign attach link \
    unlink subscribe unsubscribe follow unfollow join leave like unlike unresolve dismiss \
    snooze schedule reschedule init initialize initialise setup configure begin login logout \
    authenticate refresh sync index build bookmark unbookmark mute unmute hide unhide log \
    record remember memorize note draft trash scaffold bind mount unmount switch queue enqueue \
    stage unstage checkout vote upvote downvote rate reserve track untrack prioritize \
    reprioritize reorder increment decrement undo redo extend renew reload promote demote \
    rotate place play cut resolve ensure";
const OVERWRITE: &str = "update set edit modify change replace patch put write overwrite alter \
    merge commit rebase approve reject submit complete finalize finish confirm accept decline \
    pay charge refund transfer withdraw deposit buy sell trade order purchase swap mint book \
    rollback revert cancel expire migrate upgrade downgrade scale apply deploy redeploy \
    provision grant sign stake protect redeem claim bridge borrow repay lend invest settle \
    override adjust transition trigger dispatch launch";
const SEND: &str = "send post publish email mail message notify broadcast reply respond comment \
    tweet share invite forward announce push upload call dial text sms dm alert release page \
    remind contact request navigate goto visit react ring fax whatsapp retweet";
const DESTROY: &str = "delete remove drop destroy purge wipe erase truncate clear reset kill \
    terminate revoke uninstall deprovision discard clean cleanup prune flush evict ban block \
    kick void nuke shred obliterate expunge unpublish del rm rmdir factory forget decommission \
    teardown undeploy deregister unregister unprotect reboot shutdown empty abandon burn \
    liquidate annihilate delist";
const ACT: &str = "execute exec run eval invoke click tap press type fill drag swipe install \
    shell spawn inject script interact automate sudo sendkeys keypress";
/// Verbs that are as often nouns: `comment_list` lists, and `list_comment` does too.
const NOUNS_TOO: &str = "list search query check count scan plan report review research test \
    profile score rank diff trace sample filter format forecast preview hash sum group match \
    sort head tail help index log record note draft tag label star pin link bookmark queue \
    stage copy fork clone vote rate play schedule import build update change patch order trade \
    book charge transfer deposit swap refund email mail message post comment tweet share reply \
    text call page alert sms release contact request quote push upload block script shell type \
    press click drag tap fill trigger launch run reset track place store open watch answer dump \
    export download screenshot snapshot capture issue lock monitor sign burn factory empty \
    clean load access return audit estimate guess new cut study like follow dm merge commit \
    dispatch eval";

static VERBS: LazyLock<HashMap<&'static str, Verb>> = LazyLock::new(|| {
    let lists = [
        (LOOK, Does::Look),
        (CHANGE, Does::Change),
        (OVERWRITE, Does::Overwrite),
        (SEND, Does::Send),
        (DESTROY, Does::Destroy),
        (ACT, Does::Act),
    ];
    let all =
        lists.into_iter().flat_map(|(words, does)| words.split(' ').map(move |it| (it, does)));
    let mut verbs: HashMap<_, _> =
        all.map(|(word, does)| (word, Verb { does, is_noun_too: false })).collect();
    for noun in NOUNS_TOO.split(' ') {
        if let Some(verb) = verbs.get_mut(noun) {
            verb.is_noun_too = true;
        }
    }
    verbs
});

/// What a word does, when it is a verb in its plain form.
pub(super) fn of(word: &str) -> Option<Verb> {
    VERBS.get(word).copied()
}

/// The verbs of languages that are written without spaces: found in the text, the first counts.
const UNSPACED: &[(&str, Does)] = &[
    (
        "获取 查询 搜索 查看 列出 读取 检索 返回 显示 计算 转换 分析 生成 统计 检查 验证 解析 查找 浏览 \
      比较 提取 翻译 取得 検索 一覧 表示 確認 読み取 読み込 計算 計測 変換 解析 抽出 翻訳 参照 調べ \
      測定 比較 조회 계산 검색 가져 확인 목록",
        Does::Look,
    ),
    (
        "创建 新增 添加 插入 新建 保存 导入 连接 断开 开始 启动 停止 启用 禁用 重命名 移动 复制 打开 关闭 \
      记录 注册 作成 追加 登録 保存 接続 移動 開始 停止 생성 추가",
        Does::Change,
    ),
    (
        "更新 修改 编辑 替换 设置 写入 覆盖 提交 回滚 合并 支付 转账 购买 取消 批准 変更 編集 置換 設定 \
      書き込 書き換 承認 支払 수정 변경",
        Does::Overwrite,
    ),
    (
        "发送 发布 推送 分享 评论 回复 通知 上传 送信 投稿 返信 共有 公開 アップロード 전송",
        Does::Send,
    ),
    (
        "删除 移除 清空 清除 销毁 注销 卸载 撤销 擦除 增删 削除 消去 破棄 除去 初期化 삭제",
        Does::Destroy,
    ),
    ("执行 运行 点击 实行 実行 クリック 입력 실행", Does::Act),
];

/// The first verb in a text that is written without spaces, and the worst.
pub(super) fn unspaced(text: &str) -> Option<[(&'static str, Does); 2]> {
    if text.is_ascii() {
        return None;
    }
    let end = text.char_indices().nth(200).map_or(text.len(), |(at, _)| at);
    let text = text.get(..end)?;
    let all = UNSPACED
        .iter()
        .flat_map(|(words, does)| words.split_whitespace().map(move |it| (it, *does)));
    let found: Vec<_> =
        all.filter_map(|(word, does)| Some((text.find(word)?, word, does))).collect();
    let (_, first, does) = found.iter().min_by_key(|it| it.0)?;
    let (_, worst, worst_does) = found.iter().max_by_key(|it| it.2)?;
    Some([(first, *does), (worst, *worst_does)])
}

impl Does {
    /// What a tool that does this does to the world. What does anything may destroy.
    pub(super) const fn effect(self) -> EffectWord {
        match self {
            Self::Look => EffectWord::Read,
            Self::Change => EffectWord::ReversibleWrite,
            Self::Overwrite => EffectWord::IrreversibleWrite,
            Self::Send => EffectWord::Outbound,
            Self::Destroy | Self::Act => EffectWord::Destructive,
        }
    }
}

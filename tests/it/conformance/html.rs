//! The class HTML of part 1: what a person with a browser sees.

use reqwest::Method;

use super::site::{Got, POINTS, Site};
use super::{Checked, Suite, ensure};

fn page(got: &Got, words: &[&str]) -> Checked {
    got.is_of(200, "text/html")?;
    let text = got.text();
    let charset = got
        .header("content-type")
        .to_ascii_lowercase()
        .contains("charset=utf-8");
    let whole = charset && text.to_ascii_lowercase().starts_with("<!doctype html") && text.contains("<title>");
    ensure(whole && text.contains("<html lang="), || got.seen())?;
    let missing: Vec<&&str> = words.iter().filter(|word| !text.contains(**word)).collect();
    ensure(missing.is_empty(), || format!("without {missing:?}: {}", got.seen()))
}

pub async fn run(suite: &mut Suite, site: &Site) {
    let browse = async |path: &str| {
        let accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        site.ask(Method::GET, path).accept(accept).send().await
    };
    suite
        .check("html/landing", async {
            page(
                &site.get("/?f=html").await,
                &["Merestone", "/collections", "/conformance", "/api"],
            )
        })
        .await;
    suite
        .check("html/conformance", async {
            page(&browse("/conformance").await, &["ogcapi-features-1/1.0/conf/html"])
        })
        .await;
    suite
        .check("html/collections", async {
            page(&browse("/collections").await, &["boundary_points", "instruments"])
        })
        .await;
    suite
        .check("html/collection", async {
            page(&browse(POINTS).await, &["/items", "/queryables"])
        })
        .await;
    suite
        .check("html/fields", async {
            page(&browse(&format!("{POINTS}/queryables")).await, &["number", "sigma_m"])?;
            page(&browse(&format!("{POINTS}/schema")).await, &["number", "sigma_m"])
        })
        .await;
    suite
        .check("html/items", async {
            page(&browse(&format!("{POINTS}/items")).await, &["P1", "P2"])
        })
        .await;
    suite
        .check("html/item", async {
            let first = site.first(POINTS).await?;
            let number = first["properties"]["number"].as_str().unwrap_or("none").to_owned();
            page(&browse(&format!("{POINTS}/items/{}", first["id"])).await, &[&number])
        })
        .await;
    suite
        .check("html/in-the-language-of-the-reader", async {
            let ask = site
                .ask(Method::GET, "/collections")
                .accept("text/html")
                .header("accept-language", "zh-CN,zh;q=0.9");
            page(&ask.send().await, &["<html lang=\"zh", "界点"])
        })
        .await;
    suite
        .check("html/texts-of-the-register-are-escaped", async {
            let body = serde_json::json!({
                "type": "Feature", "geometry": { "type": "Point", "coordinates": [-168.1, 42.5] },
                "properties": { "boundary": "astrand-veyra", "number": "<script>alert(1)</script>" },
            });
            let got = site
                .ask(Method::POST, &format!("{POINTS}/items"))
                .json("application/geo+json", &body)
                .send()
                .await;
            got.is(201)?;
            let seen = browse(&format!("{POINTS}/items?limit=1000")).await;
            page(&seen, &["&lt;script&gt;alert(1)"])?;
            ensure(!seen.text().contains("<script>alert(1)"), || seen.seen())
        })
        .await;
}

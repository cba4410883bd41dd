//! Sidecars as different programs write them, and as nobody should.

/// Sidecars of exiftool, made by `tests/fixtures/xmp/make.sh`.
pub const EXIFTOOL: [(&str, &str); 5] = [
    ("full", include_str!("../../../../tests/fixtures/xmp/full.xmp")),
    (
        "no_keywords",
        include_str!("../../../../tests/fixtures/xmp/no_keywords.xmp"),
    ),
    (
        "shorthand",
        include_str!("../../../../tests/fixtures/xmp/shorthand.xmp"),
    ),
    ("one_line", include_str!("../../../../tests/fixtures/xmp/one_line.xmp")),
    (
        "only_hierarchy",
        include_str!("../../../../tests/fixtures/xmp/only_hierarchy.xmp"),
    ),
];

/// The same as `full`, in UTF-16.
pub const UTF_16: &[u8] = include_bytes!("../../../../tests/fixtures/xmp/utf16.xmp");

/// In the manner of Lightroom: no packet, attributes, one description.
pub const LIGHTROOM: &str = r#"<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Adobe XMP Core 7.0-c000 1.000000, 0000/00/00-00:00:00        ">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/"
    xmlns:lr="http://ns.adobe.com/lightroom/1.0/"
   xmp:Rating="4"
   dc:format="image/x-canon-cr2"
   crs:HasSettings="True">
   <dc:subject>
    <rdf:Bag>
     <rdf:li>Dog</rdf:li>
     <rdf:li>park</rdf:li>
    </rdf:Bag>
   </dc:subject>
   <lr:hierarchicalSubject>
    <rdf:Bag>
     <rdf:li>Animal|Dog</rdf:li>
     <rdf:li>park</rdf:li>
    </rdf:Bag>
   </lr:hierarchicalSubject>
   <crs:Look>
    <rdf:Description
     crs:Name="Adobe Color">
    <crs:Parameters crs:Version="14.0" crs:ConvertToGrayscale="False"/>
    </rdf:Description>
   </crs:Look>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
"#;

/// In the manner of darktable: an XML declaration, history as structures in attributes.
pub const DARKTABLE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 4.4.0-Exiv2">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:darktable="http://darktable.sf.net/"
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:lr="http://ns.adobe.com/lightroom/1.0/"
   darktable:xmp_version="5">
   <darktable:history>
    <rdf:Seq>
     <rdf:li
      darktable:num="0"
      darktable:operation="colorin"
      darktable:params="gz48eJzjYBgFowABWAbaAaNg"/>
    </rdf:Seq>
   </darktable:history>
   <dc:subject>
    <rdf:Seq>
     <rdf:li>darktable</rdf:li>
    </rdf:Seq>
   </dc:subject>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
"#;

/// Several descriptions about one name, comments, other prefixes, qualifiers, CDATA, references, an empty list.
pub const ODD: &str = r#"<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
<!-- kept -->
<m:xapmeta xmlns:m="adobe:ns:meta/" m:xaptk="old">
<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<r:Description about="uuid:1&amp;2" xmlns:purl="http://purl.org/dc/elements/1.1/" xmlns:dc="urn:not-dublin-core" dc:subject="other">
 <purl:subject><r:Bag><!-- first --><r:li xml:lang="de">Hund</r:li>
   <r:li r:parseType="Resource"><r:value>cat</r:value><dc:why>seen</dc:why></r:li><r:li><![CDATA[<b>]]>&#x26;</r:li>
   </r:Bag></purl:subject>
 <?note keep me?>
</r:Description>
<rdf:Description xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" rdf:about="uuid:1&#38;2" xmlns:k="http://www.digikam.org/ns/1.0/">
 <k:TagsList><rdf:Seq/></k:TagsList>
</rdf:Description>
<r:Description r:about='uuid:1&#x26;2' xmlns:q="urn:q">
 <q:size r:parseType="Resource"><r:value>5</r:value><q:unit>cm</q:unit></q:size>
 <q:link r:resource="http://example.org/?a=1&amp;b=2"/>
 <q:alt><r:Alt><r:li xml:lang="x-default">א</r:li></r:Alt></q:alt>
</r:Description>
</r:RDF>
</m:xapmeta>
<?xpacket end="r"?>"#;

/// RDF as the default namespace and as the root; nothing in it.
pub const BARE: &str = "<RDF xmlns='http://www.w3.org/1999/02/22-rdf-syntax-ns#'/>";

/// RDF as the default namespace, with a list.
pub const DEFAULT_NAMESPACE: &str = r#"<RDF xmlns="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:rdf="urn:else"><Description xmlns:d="http://purl.org/dc/elements/1.1/"><d:subject><Bag><li>one</li></Bag></d:subject><rdf:x>1</rdf:x></Description></RDF>"#;

/// Lines that end with CR LF, padding, a keyword twice.
pub const WINDOWS: &str = "<x:xmpmeta xmlns:x='adobe:ns:meta/'>\r\n<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>\r\n\
     <rdf:Description rdf:about='' xmlns:dc='http://purl.org/dc/elements/1.1/'>\r\n<dc:subject>\r\n<rdf:Bag>\r\n\
     <rdf:li>twice</rdf:li>\r\n<rdf:li>twice</rdf:li>\r\n</rdf:Bag>\r\n</dc:subject>\r\n</rdf:Description>\r\n</rdf:RDF>\r\n\
     </x:xmpmeta>\r\n          \r\n          \r\n";

/// All samples that are fine.
pub fn all() -> Vec<(&'static str, &'static str)> {
    let mut all = EXIFTOOL.to_vec();
    all.extend([
        ("lightroom", LIGHTROOM),
        ("darktable", DARKTABLE),
        ("odd", ODD),
        ("bare", BARE),
        ("default namespace", DEFAULT_NAMESPACE),
        ("windows", WINDOWS),
    ]);
    all
}

/// A packet with `inner` as the properties of its description, and `attributes` on it.
pub fn packet(attributes: &str, inner: &str) -> String {
    format!(
        "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\
         <rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:q=\"urn:q\" \
         xmlns:lr=\"http://ns.adobe.com/lightroom/1.0/\" xmlns:digiKam=\"http://www.digikam.org/ns/1.0/\" \
         xmlns:patchlight=\"https://patchlight.app/ns/1.0/\"{attributes}>{inner}</rdf:Description></rdf:RDF></x:xmpmeta>"
    )
}

using PluginRuntime.Sdk.Analyzers;

namespace PluginRuntime.Analyzers.Tests;

public sealed class ReflectionJsonAnalyzerTests
{
    private const string Newtonsoft =
        "namespace Newtonsoft.Json { static class JsonConvert { public static string SerializeObject(object value) => \"\"; public static T DeserializeObject<T>(string text) => default!; } }";

    [Theory]
    [InlineData("string Do(Answer it) => JsonSerializer.[|Serialize|](it);", "JsonSerializer.Serialize(it, SampleJson.Default.Answer)")]
    [InlineData("string Do(Answer it, JsonSerializerOptions o) => JsonSerializer.[|Serialize|](it, o);", "JsonSerializer.Serialize(it, SampleJson.Default.Answer)")]
    [InlineData("string Do(Answer it, JsonSerializerOptions o) => JsonSerializer.[|Serialize|](options: o, value: it);", "JsonSerializer.Serialize(value: it, jsonTypeInfo: SampleJson.Default.Answer)")]
    [InlineData("Answer? Do(string it) => JsonSerializer.[|Deserialize<Answer>|](it);", "JsonSerializer.Deserialize<Answer>(it, SampleJson.Default.Answer)")]
    [InlineData("Answer? Do(ReadOnlySpan<byte> it) => JsonSerializer.[|Deserialize<Answer>|](it);", "JsonSerializer.Deserialize<Answer>(it, SampleJson.Default.Answer)")]
    [InlineData("Answer? Do(JsonElement it) => it.[|Deserialize<Answer>|]();", "it.Deserialize<Answer>(SampleJson.Default.Answer)")]
    [InlineData("async Task<Answer?> DoAsync(Stream it, CancellationToken t) => await JsonSerializer.[|DeserializeAsync<Answer>|](it, cancellationToken: t);", "JsonSerializer.DeserializeAsync<Answer>(it, SampleJson.Default.Answer, cancellationToken: t)")]
    [InlineData("Task DoAsync(Stream it, Answer a, CancellationToken t) => JsonSerializer.[|SerializeAsync|](it, a, new JsonSerializerOptions(), t);", "JsonSerializer.SerializeAsync(it, a, SampleJson.Default.Answer, t)")]
    [InlineData("object? Do(Answer it) => System.Text.Json.Nodes.JsonValue.[|Create|](it);", "JsonValue.Create(it, SampleJson.Default.Answer)")]
    [InlineData("object Do(Answer it) => JsonContent.[|Create|](it);", "JsonContent.Create(it, SampleJson.Default.Answer)")]
    [InlineData("Task<Answer?> DoAsync(HttpContent it, CancellationToken t) => it.[|ReadFromJsonAsync<Answer>|](t);", "it.ReadFromJsonAsync<Answer>(SampleJson.Default.Answer, t)")]
    [InlineData("Task<Answer?> DoAsync(HttpClient it, CancellationToken t) => it.[|GetFromJsonAsync<Answer>|](\"a\", t);", "it.GetFromJsonAsync<Answer>(\"a\", SampleJson.Default.Answer, t)")]
    [InlineData("object DoAsync(HttpClient it, Answer a, CancellationToken t) => it.[|PostAsJsonAsync|](new Uri(\"http://a\"), a, t);", "it.PostAsJsonAsync(new Uri(\"http://a\"), a, SampleJson.Default.Answer, t)")]
    public async Task Json_ByReflectionOfAKnownType_IsReportedAndMended(string member, string mended) =>
        Assert.Contains(mended, await Marked.FixedAsync(Rules.ReflectionJson, Marked.Connector(member)), StringComparison.Ordinal);

    [Theory]
    [InlineData("string Do() => JsonSerializer.[|Serialize|](new { A = 1 });")]
    [InlineData("string Do(object it) => JsonSerializer.[|Serialize|](it, it.GetType());")]
    [InlineData("object? Do(string it) => JsonSerializer.[|Deserialize|](it, typeof(Answer));")]
    [InlineData("Version? Do(string it) => JsonSerializer.[|Deserialize<Version>|](it);")]
    [InlineData("string Do(Version it) => Newtonsoft.Json.JsonConvert.[|SerializeObject|](it);")]
    [InlineData("Answer Do(string it) => Newtonsoft.Json.JsonConvert.[|DeserializeObject<Answer>|](it);")]
    public async Task Json_ByReflectionOfWhatNoContextKnows_IsReportedWithoutAFix(string member) =>
        await Marked.HasNoFixAsync(Rules.ReflectionJson, Marked.Connector(member, Newtonsoft));

    [Fact]
    public async Task Json_WithTypeInformationOrWithoutTypes_IsNotReported() =>
        await Marked.CheckAsync(Rules.ReflectionJson, Marked.Connector(
            """
            string Info(Answer it) => JsonSerializer.Serialize(it, SampleJson.Default.Answer);
            string Context_(Answer it) => JsonSerializer.Serialize(it, typeof(Answer), SampleJson.Default);
            string OptionsOfAContext(Answer it) => JsonSerializer.Serialize(it, SampleJson.Default.Options);
            Task<Answer?> ReadAsync(HttpContent it, CancellationToken t) => it.ReadFromJsonAsync(SampleJson.Default.Answer, t);
            object Parse(string it) => JsonDocument.Parse(it);
            object? Text() => System.Text.Json.Nodes.JsonValue.Create("a");
            void Nodes(System.Text.Json.Nodes.JsonArray it, JsonElement e) { it.Add(1); it.Add(System.Text.Json.Nodes.JsonValue.Create(e)); }
            string Other(Answer it) => Own.JsonSerializer.Serialize(it);
            """,
            "namespace Own { static class JsonSerializer { public static string Serialize(object it) => \"\"; } }"));
}

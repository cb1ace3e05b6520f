using System.Text.Json;
using System.Text.Json.Serialization;
using PluginRuntime.Sdk;

namespace EveryFault;

/// <summary>Every fault once. At the end of its line stands the rule, and what of the line it reports.</summary>
[Connector("every-fault", Settings = typeof(FaultySettings))]
public sealed class FaultyConnector : Connector<HttpClient>
{
    private static string _greeting = "Hello"; // PR1005 _greeting

    private Timer? _timer;

    public FaultyConnector()
        : base(FaultyJson.Default)
    {
        Action<Question, Answer>("ask", AskAsync);
        Action<Question, Unknown>("look", LookAsync); // PR1001 Unknown
        Action<Question, Answer>("ask", AskAsync); // PR1007 "ask"
    }

    protected override ValueTask<HttpClient> OpenAsync(CancellationToken cancellationToken) =>
        new(new HttpClient { BaseAddress = new Uri(Context.GetSettings<FaultySettings>().Url) });

    protected override ValueTask OnInitAsync(CancellationToken cancellationToken)
    {
        _timer = new Timer(_ => Context.Logger.BeginScope("tick")); // PR1006 new Timer(_ => Context.Logger.BeginScope("tick"))
        return default;
    }

    private async ValueTask<Answer> AskAsync(HttpClient connection, Question question, CancellationToken cancellationToken)
    {
        var text = await connection.GetStringAsync(question.Text); // PR1004 GetStringAsync
        Remember(text);
        return JsonSerializer.Deserialize<Answer>(text) ?? new Answer(_greeting); // PR1002 Deserialize<Answer>
    }

    private async ValueTask<Unknown> LookAsync(HttpClient connection, Question question, CancellationToken cancellationToken)
    {
        await Task.Yield();
        _timer?.Change(TimeSpan.Zero, TimeSpan.FromSeconds(1));
        return new(question.Text);
    }

    private async void Remember(string text) => await Task.FromResult(text); // PR1003 Remember
}

public sealed record FaultySettings(
    string Url,
    string ApiKey); // PR1008 ApiKey

public sealed record Question(string Text);

public sealed record Answer(string Text);

public sealed record Unknown(string Text);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(FaultySettings))]
[JsonSerializable(typeof(Question))]
[JsonSerializable(typeof(Answer))]
public sealed partial class FaultyJson : JsonSerializerContext;

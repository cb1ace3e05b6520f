namespace PluginRuntime.Tests.Execution.Swapping;

/// <summary>What a connector has begun and the history ends; unless it is deaf, its token ends it too.</summary>
internal abstract class ModelPending : IDisposable
{
    // Continuations run inside the step that ends it.
    private readonly TaskCompletionSource _ended = new();
    private readonly CancellationTokenRegistration _registration;

    protected ModelPending(bool isDeaf, CancellationToken token)
    {
        Token = token;
        IsDeaf = isDeaf;
        _registration = isDeaf ? default : token.UnsafeRegister(_ => _ended.TrySetCanceled(token), null);
    }

    internal CancellationToken Token { get; }

    internal bool IsDeaf { get; }

    internal Task Ended => _ended.Task;

    internal void Succeed() => _ended.TrySetResult();

    internal void Fail(Exception failure) => _ended.TrySetException(failure);

    public void Dispose() => _registration.Dispose();
}

/// <summary>An opening.</summary>
internal sealed class ModelOpening(bool isDeaf, CancellationToken token) : ModelPending(isDeaf, token);

/// <summary>An attempt of a call on a connection.</summary>
internal sealed class ModelAttempt(ModelCall call, object connection, bool isDeaf, CancellationToken token) : ModelPending(isDeaf, token)
{
    internal ModelCall Call { get; } = call;

    internal object Connection { get; } = connection;
}

namespace PluginRuntime.Host.Auth;

/// <summary>Who has sent a request.</summary>
internal static class CallerExtensions
{
    /// <summary>The key that was shown. Behind <see cref="KeyMiddleware"/>, on routes that need one.</summary>
    internal static ApiKey Caller(this HttpContext context) => context.Features.Get<ShownKey>()!.Key;

    /// <summary>How instances are called in the org that a request is about.</summary>
    internal static OrgNames Names(this HttpContext context) => context.Features.Get<ShownKey>()?.Names ?? OrgNames.OfDefault;

    /// <summary>Whether what is sent is as good as what the host's own files say.</summary>
    internal static bool IsTrusted(this HttpContext context) => context.Caller().IsHostAdmin;
}

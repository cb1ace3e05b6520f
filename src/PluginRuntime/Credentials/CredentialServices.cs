using Microsoft.Extensions.Logging;
using PluginRuntime.Diagnostics;

namespace PluginRuntime.Credentials;

/// <summary>What every credential works with.</summary>
internal sealed record CredentialServices(SharedTokens Tokens, RefreshTokens RefreshTokens, EventTrail Events, TimeProvider TimeProvider, ILogger Logger);

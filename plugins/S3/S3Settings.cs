using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using PluginRuntime.Sdk;

namespace PluginRuntime.Connectors.S3;

/// <summary>The settings of an instance. Host and port are the instance's own; without a host it is Amazon's for the region.</summary>
/// <param name="Bucket">The bucket.</param>
/// <param name="Region">The region, which is part of what is signed.</param>
/// <param name="Tls">Whether the connection is encrypted.</param>
/// <param name="PathStyle">Whether the bucket stands in the path. Default: true where the instance has a host that is not Amazon's.</param>
/// <param name="Directory">The directory that <c>download</c> writes below and <c>upload</c> reads below. Null: there are no such transfers.</param>
/// <param name="MaxInlineBytes">The most bytes of an object inside of JSON.</param>
/// <param name="SessionToken">What goes with temporary credentials.</param>
public sealed record S3Settings(
    [property: RegularExpression("[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]"), Description("The bucket.")] string Bucket,
    [property: RegularExpression("[a-z0-9][a-z0-9-]{0,62}"), Description("The region, which is part of what is signed.")] string Region = "us-east-1",
    [property: Description("Whether the connection is encrypted, and the server's certificate checked.")] bool Tls = true,
    [property: Description("True: the bucket stands in the path. False: before the host's name. Default: true where the instance has a 'host' that is not Amazon's.")]
    bool? PathStyle = null,
    [property: Path, MinLength(1), Description("The directory that 'download' writes below and 'upload' reads below. Without it both are refused.")]
    string? Directory = null,
    [property: Range(1, S3Settings.HighestMaxInlineBytes), Description("The most bytes that 'get' and 'put' carry inside of JSON.")]
    int MaxInlineBytes = S3Settings.DefaultMaxInlineBytes,
    [property: Secret, MinLength(1), Description("The session token that goes with temporary credentials.")] string? SessionToken = null)
{
    internal const int DefaultMaxInlineBytes = 8 * 1024 * 1024;

    /// <summary>Base64 and escapes make the result longer, and hosts take 64 MiB.</summary>
    internal const int HighestMaxInlineBytes = 32 * 1024 * 1024;
}
